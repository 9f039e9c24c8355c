import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { systemCode } from '../port-error.ts';

/** A program to be started, with everything about it decided. */
export interface LaunchSpec {
  command: string;
  args: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  input: string | Uint8Array;
}

/** What is told about a program. The last word is `close`, `failed` if it could not be started at all, or `lost`. */
export interface LaunchEvents {
  output(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** The program has ended; its children may still hold the pipes. */
  exit(): void;
  close(code: number | null, signal: string | null): void;
  failed(error: unknown): void;
  /** What had started it is gone, or was stopped because it no longer answered, and nobody knows how far it came. `why` is for people. */
  lost(why: string): void;
}

/** A program under way. */
export interface Launched {
  /** Of the program, and of its process group. Absent if it could not be started, or is not known here. */
  readonly pid?: number | undefined;
  /** Sends a signal to the program and its children. Does nothing once they are gone. */
  signal(signal: NodeJS.Signals): void;
  /** Stops reading what it writes, so that `close` comes even if somebody keeps the pipes open. */
  cut(): void;
  /** Whether more output is wanted now. */
  flow(wanted: boolean): void;
}

/** Starts programs. Never throws: `failed` is told, later. */
export type Launch = (spec: LaunchSpec, events: LaunchEvents) => Launched;

type Child = ChildProcessByStdio<Writable, Readable, Readable>;
type Pipes = Pick<Child, 'stdin' | 'stdout' | 'stderr'>;

/** What could not be started. */
const NOTHING: Launched = { signal: () => undefined, cut: () => undefined, flow: () => undefined };

/** Sends a signal to a process group, if there is one. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}

/** Starts a program as a child of this process, with a process group of its own. */
export function launchHere(spec: LaunchSpec, events: LaunchEvents): Launched {
  let child: Omit<Child, keyof Pipes> & Partial<Pipes>;
  try {
    child = spawn(spec.command, [...spec.args], {
      cwd: spec.cwd,
      env: { ...spec.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Its own group, so that its children are stopped with it.
      detached: true,
      shell: false,
    });
  } catch (error) {
    queueMicrotask(() => events.failed(error));
    return NOTHING;
  }
  child.once('error', (error) => events.failed(error));
  const { stdin, stdout, stderr } = child;
  // Where no more files can be opened there are no pipes, whatever the types say; the error follows.
  if (stdin === undefined || stdout === undefined || stderr === undefined) return NOTHING;
  stdout.on('data', (chunk: Buffer) => events.output('stdout', chunk));
  stderr.on('data', (chunk: Buffer) => events.output('stderr', chunk));
  // A program that does not read its input breaks the pipe; its exit code tells what matters.
  stdin.on('error', () => stdin.destroy());
  child.once('exit', () => events.exit());
  child.once('close', (code, signal) => events.close(code, signal));
  stdin.end(spec.input);
  return {
    pid: child.pid,
    signal: (signal) => signalGroup(child.pid, signal),
    cut: () => {
      stdout.destroy();
      stderr.destroy();
    },
    flow: (wanted) => {
      for (const stream of [stdout, stderr]) {
        if (wanted) stream.resume();
        else stream.pause();
      }
    },
  };
}
