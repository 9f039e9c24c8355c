import type { LaunchSpec } from './launch.ts';

/** What the helper is told. */
export type LaunchRequest =
  | { kind: 'ping' }
  | { id: number; kind: 'start'; spec: LaunchSpec }
  | { id: number; kind: 'signal'; signal: NodeJS.Signals }
  | { id: number; kind: 'cut' };

/** What the helper tells. `ready` comes once, when it can be asked; `pong` answers a `ping`, in its turn. */
export type LaunchReport =
  | { kind: 'ready' }
  | { kind: 'pong' }
  | { id: number; kind: 'started'; pid: number }
  | { id: number; kind: 'output'; stream: 'stdout' | 'stderr'; chunk: Uint8Array }
  | { id: number; kind: 'exit' }
  | { id: number; kind: 'close'; code: number | null; signal: string | null }
  | { id: number; kind: 'failed'; code: string | undefined; message: string };
