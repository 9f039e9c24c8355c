import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { messageOf, systemCode } from '../port-error.ts';
import { launchHere, type Launch } from './launch.ts';
import { launchThroughHelper, type HelperLiveness } from './launch-through-helper.ts';
import type { ProcessRequest, ProcessResult, Processes } from './port.ts';
import { ProcessError } from './process-error.ts';
import { redact, redactor } from './redaction.ts';

const DEFAULT_MAX_OUTPUT = 10 * 1024 * 1024;

/** How {@link realProcesses} behaves; the defaults are right outside of tests. */
export interface RealProcessesOptions {
  /** Milliseconds between SIGTERM and SIGKILL. Default 10,000. */
  grace?: number | undefined;
  /** Milliseconds to wait for output of left-behind children after the program has ended. Default 1,000. */
  linger?: number | undefined;
  /**
   * Path of util-linux' setpriv, through which programs are tied to this process: they end when it does, even by SIGKILL, so that a
   * restart never meets a program that still writes. Default `/usr/bin/setpriv` where that exists; false does without.
   */
  setpriv?: string | false | undefined;
  /** Start programs through a small helper process: worth it in a process that is large and lives long. Default false. */
  helper?: boolean | undefined;
  /** When a helper that says nothing is taken for dead. */
  liveness?: HelperLiveness | undefined;
}

const SETPRIV = '/usr/bin/setpriv';

/**
 * Child processes of this machine: no shell, nothing inherited but what the request names, an own process group that is stopped as a
 * whole. `stderr` of the result is redacted, `stdout` is exact.
 */
export function realProcesses(options: RealProcessesOptions = {}): Processes {
  const setpriv = options.setpriv ?? (existsSync(SETPRIV) ? SETPRIV : false);
  const timing = { grace: options.grace ?? 10_000, linger: options.linger ?? 1_000 };
  const tied: Launch = (spec, events) =>
    setpriv === false
      ? launchHere(spec, events)
      : launchHere({ ...spec, command: setpriv, args: ['--pdeathsig', 'KILL', '--', spec.command, ...spec.args] }, events);
  const launch = options.helper === true ? launchThroughHelper(tied, options.liveness) : tied;
  return {
    async run(request) {
      const name = request.command.split('/').at(-1) ?? request.command;
      const program = await findProgram(request);
      if (program === undefined) throw notStarted(name, request, Object.assign(new Error('not found'), { code: 'ENOENT' }));
      return run(request, name, timing, launch, program);
    },
  };
}

/** Where the request's own PATH leads; what has a slash is taken as it is. */
async function findProgram({ command, cwd, env }: ProcessRequest): Promise<string | undefined> {
  const candidates = command.includes('/')
    ? [resolve(cwd, command)]
    : (env['PATH'] ?? '/usr/bin:/bin').split(':').map((folder) => resolve(cwd, folder, command));
  for (const candidate of candidates) {
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw error;
    }
  }
  return undefined;
}

function run(
  request: ProcessRequest,
  name: string,
  { grace, linger }: { grace: number; linger: number },
  launch: Launch,
  command: string,
): Promise<ProcessResult> {
  if (request.signal?.aborted === true) {
    return Promise.reject(
      new ProcessError('aborted', `${name} was not started: the operation was cancelled`, {
        command: name,
        cause: request.signal.reason,
      }),
    );
  }
  return new Promise((resolveResult, reject) => {
    const started = performance.now();
    const stdout = new Capture(request, 'stdout', []);
    const stderr = new Capture(request, 'stderr', request.secrets ?? []);
    const secrets = request.secrets ?? [];
    let stopped: 'timeout' | 'aborted' | undefined;
    let killTimer: NodeJS.Timeout | undefined;
    let lingerTimer: NodeJS.Timeout | undefined;
    const stop = (why: 'timeout' | 'aborted'): void => {
      if (stopped !== undefined) return;
      stopped = why;
      launched.signal('SIGTERM');
      killTimer = setTimeout(() => launched.signal('SIGKILL'), request.grace ?? grace);
    };
    const timer = setTimeout(() => stop('timeout'), Math.min(request.timeout, 0x7fffffff));
    const onAbort = (): void => stop('aborted');
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const cleanUp = (): void => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      clearTimeout(lingerTimer);
      request.signal?.removeEventListener('abort', onAbort);
    };

    const exited = (): void => {
      // Children that it left behind keep the pipes open: they end with it.
      lingerTimer = setTimeout(
        () => {
          launched.signal('SIGKILL');
          launched.cut();
        },
        stopped === undefined ? linger : 0,
      );
    };
    const closed = (code: number | null, signal: string | null): void => {
      cleanUp();
      const durationMs = performance.now() - started;
      stdout.end();
      stderr.end();
      if (stopped !== undefined) {
        const message =
          stopped === 'timeout'
            ? `${name} did not finish within ${request.timeout / 1000} s and was stopped`
            : `${name} was stopped: the operation was cancelled`;
        reject(
          new ProcessError(stopped, redact(withLastWords(message, stderr.text()), secrets), {
            command: name,
            stderr: stderr.text(),
            cause: request.signal?.aborted === true ? request.signal.reason : undefined,
          }),
        );
        return;
      }
      resolveResult({
        // What a shell would report for a program ended by a signal.
        exitCode: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0),
        stdout: stdout.text(),
        stderr: stderr.text(),
        truncated: stdout.truncated || stderr.truncated,
        durationMs,
      });
    };
    const launched = launch(
      { command, args: request.args, cwd: request.cwd, env: request.env, input: request.input ?? '' },
      {
        output: (stream, chunk) => (stream === 'stdout' ? stdout : stderr).take(chunk),
        exit: exited,
        close: closed,
        failed: (error) => {
          cleanUp();
          reject(notStarted(name, request, error));
        },
        lost: (why) => {
          cleanUp();
          const message = `${name} was stopped: the helper process that had started it ${why}; it is replaced, and it is worth trying again`;
          reject(new ProcessError('unavailable', message, { command: name }));
        },
      },
    );
  });
}

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Keeps the beginning of one output stream up to the request's limit. */
class Capture {
  truncated = false;
  readonly #decoder = new StringDecoder('utf8');
  readonly #kept: string[] = [];
  readonly #limit: number;
  #size = 0;
  readonly #keep: (text: string) => void;
  readonly #push: (text: string) => void;
  readonly #finish: () => void;

  constructor(request: ProcessRequest, stream: 'stdout' | 'stderr', hidden: readonly string[]) {
    this.#limit = request.maxOutput ?? DEFAULT_MAX_OUTPUT;
    this.#keep = (text) => {
      if (text === '') return;
      const bytes = Buffer.byteLength(text);
      if (this.#size + bytes <= this.#limit) this.#kept.push(text);
      else {
        this.truncated = true;
        const room = Math.max(0, this.#limit - this.#size);
        this.#kept.push(new StringDecoder('utf8').write(Buffer.from(text).subarray(0, room)));
      }
      this.#size += bytes;
    };
    const kept = redactor(hidden);
    const shown = redactor(request.secrets);
    const show = (text: string): void => {
      if (text !== '') request.onOutput?.(stream, text);
    };
    this.#push = (text) => {
      this.#keep(kept.push(text));
      show(shown.push(text));
    };
    this.#finish = () => {
      this.#keep(kept.end());
      show(shown.end());
    };
  }

  take(chunk: Buffer): void {
    this.#push(this.#decoder.write(chunk));
  }

  end(): void {
    this.#push(this.#decoder.end());
    this.#finish();
  }

  text(): string {
    return this.#kept.join('');
  }
}

function withLastWords(message: string, stderr: string): string {
  const last = stderr.trim().split('\n').at(-1)?.trim() ?? '';
  return last === '' ? message : `${message}; its last words: ${last.slice(0, 500)}`;
}

/** What the system says when it has no more memory, processes or open files. */
const EXHAUSTED: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']);

function notStarted(name: string, request: ProcessRequest, error: unknown): ProcessError {
  const code = systemCode(error) ?? '';
  const why =
    code === 'ENOENT'
      ? `no such program, or the folder it should run in does not exist; install ${name} or configure its path`
      : code === 'EACCES'
        ? 'it is not executable'
        : messageOf(error);
  return new ProcessError(
    EXHAUSTED.has(code) ? 'unavailable' : 'notStarted',
    redact(`could not start ${name}: ${why}`, request.secrets),
    {
      command: name,
      cause: error,
    },
  );
}
