import type { AnyMap } from './any-map.ts';
import type { HostFunction } from '../host/function.ts';
import type { Struct } from '../host/struct.ts';
import type { Duration } from '../time/duration.ts';
import type { Time } from '../time/time.ts';
import type { Zone } from '../time/zone.ts';
import type { NamedInt, SizedInt } from './sized-int.ts';

/** A map with string keys: any object whose own enumerable properties are its entries. Its prototype is never looked at. */
export interface StringMap {
  readonly [key: string]: Value | undefined;
}

/**
 * What an expression works on and returns.
 *
 * - **float**: a JavaScript number (so plain JSON is an environment as it stands, with all numbers floating point)
 * - **int**: a bigint, always within 64 bits, signed
 * - **nil**: null, or undefined
 * - **string**, **bool**: themselves; bytes that are not valid UTF-8 stand in strings as U+DC80…U+DCFF, one for each
 * - **list**: an array; **map**: an object, or an {@link AnyMap} where keys may be of any type; **bytes**: a Uint8Array
 * - times, durations, zones, integers of other sizes, host objects and functions: instances of the classes named here
 */
export type Value =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | StringMap
  | AnyMap
  | Duration
  | Time
  | Zone
  | SizedInt
  | NamedInt
  | Struct
  | HostFunction;
