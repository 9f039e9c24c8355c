import { methodOf } from '../checker/methods.ts';
import { DURATION, MONTH, TIME, WEEKDAY, ZONE, type CheckedSignature, type Type } from '../checker/type.ts';
import { callMethod } from '../time/methods.ts';
import { kindOf } from '../values/type-name.ts';
import type { NamedInt } from '../values/sized-int.ts';
import type { Value } from '../values/value.ts';
import { checkArguments } from './call.ts';
import { HostFunction } from './function.ts';
import type { Struct } from './struct.ts';

/** The method of that name which a value has, as a function; undefined if there is none. */
export function boundMethod(self: Value, name: string): HostFunction | undefined {
  if (kindOf(self) === 'struct') {
    const struct = self as Struct;
    const method = struct.type.method(name);
    return method && new HostFunction(name, [method.signature], (args) => method.call(struct, args));
  }
  const type = typeOf(self);
  const signature = type && methodOf(type, name);
  if (signature === undefined) return undefined;
  return new HostFunction(name, [], (args) => callTyped(self, name, signature, args));
}

function callTyped(self: Value, name: string, signature: CheckedSignature, args: readonly Value[]): Value {
  checkArguments(name, signature, args);
  return callMethod(self, name, args);
}

function typeOf(value: Value): Type | undefined {
  switch (kindOf(value)) {
    case 'time':
      return TIME;
    case 'duration':
      return DURATION;
    case 'zone':
      return ZONE;
    case 'namedInt':
      return (value as NamedInt).type === 'time.Month' ? MONTH : WEEKDAY;
    default:
      return undefined;
  }
}
