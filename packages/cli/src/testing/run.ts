import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { CommandEntry } from '../command.ts';
import { openConfigStore, type ConfigStore } from '../config/config-store.ts';
import type { CLIFetch, CLIIO } from '../io.ts';
import { runCLI } from '../run-cli.ts';

/** A request as a server would see it. */
export interface SeenRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
  insecure: boolean;
}

/** What the fake server answers: JSON, or text as it is. `events` makes it a stream of events. */
export interface FakeAnswer {
  status?: number;
  json?: unknown;
  text?: string;
  events?: readonly unknown[];
  /** Keeps the stream open after the events. */
  open?: boolean;
}

export interface RunInput {
  /** By `METHOD path`; several answers to the same request are given one after the other, the last one again and again. */
  routes?: Readonly<Record<string, FakeAnswer | readonly FakeAnswer[]>>;
  env?: Readonly<Record<string, string>>;
  /** The configuration file before the run. */
  config?: string;
  /** Files in the working directory. */
  files?: Readonly<Record<string, string>>;
  stdin?: string;
  now?: number;
  /** Commands besides the command line's own. */
  commands?: readonly CommandEntry[];
  /** What another process does to the configuration file while the first request is answered. */
  meanwhile?: (store: ConfigStore) => Promise<void>;
  /** What a person answers to the prompt; absent where there is no terminal. */
  secret?: string;
}

export interface RunOutput {
  code: number;
  stdout: string;
  stderr: string;
  requests: SeenRequest[];
  /** The configuration file after the run; undefined where there is none. */
  config: string | undefined;
}

/** The environment of a run that is logged in by environment variables. */
export const loggedIn = { KARGO_API_ADDRESS: 'https://kargo.example.com', KARGO_API_TOKEN: 'secret-token' };

/** Runs one command line against a fake server, in a folder of its own. Sleeping takes no time. */
export async function runFake(argv: readonly string[], input: RunInput = {}): Promise<RunOutput> {
  const home = await mkdtemp(join(tmpdir(), 'kargo-cli-'));
  try {
    const configFile = join(home, 'config-home/kargo/config');
    await writeAll(home, input.files ?? {});
    if (input.config !== undefined) await writeAll(home, { 'config-home/kargo/config': input.config });
    const requests: SeenRequest[] = [];
    const [stdout, stderr] = [collector(), collector()];
    const answer = fakeFetch(input.routes ?? {}, requests);
    const io: CLIIO = {
      stdout,
      stderr,
      stdin: chunks(input.stdin ?? ''),
      env: { XDG_CONFIG_HOME: join(home, 'config-home'), ...(input.env ?? (input.config === undefined ? loggedIn : {})) },
      cwd: home,
      fetch: async (url, init) => {
        if (requests.length === 0) await input.meanwhile?.(openConfigStore(io.env));
        return answer(url, init);
      },
      now: () => input.now ?? Date.parse('2026-01-02T03:04:05Z'),
      sleep: async (ms, { signal } = {}) => {
        // Short sleeps pass at once; long ones only end by abortion, as deadlines that are not reached do.
        if (ms >= 3_600_000)
          await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
        else await new Promise((resolve) => setImmediate(resolve));
        signal?.throwIfAborted();
      },
      isTTY: input.secret !== undefined,
      promptSecret: async () => input.secret ?? '',
      openBrowser: () => Promise.reject(new Error('there is no browser here')),
      run: () => Promise.reject(new Error('nothing can be run here')),
    };
    const code = await runCLI(argv, io, { commands: input.commands ?? [] });
    const config = await readFile(configFile, 'utf8').catch(() => undefined);
    return { code, stdout: stdout.text(), stderr: stderr.text(), requests, config };
  } finally {
    await rm(home, { recursive: true });
  }
}

async function writeAll(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

async function* chunks(text: string): AsyncGenerator<string> {
  if (text !== '') yield await Promise.resolve(text);
}

function collector(): { write(text: string): void; text(): string } {
  let all = '';
  return {
    write: (text) => {
      all += text;
    },
    text: () => all,
  };
}

function fakeFetch(routes: NonNullable<RunInput['routes']>, requests: SeenRequest[]): CLIFetch {
  const calls = new Map<string, number>();
  return async (url, { method, headers, body, signal, insecure = false }) => {
    signal?.throwIfAborted();
    const { origin, pathname, search } = new URL(url);
    const path = `${origin === 'https://kargo.example.com' ? '' : origin}${pathname}${search}`;
    requests.push({ method, path, headers, body, insecure });
    const key = `${method} ${path}`;
    const route = routes[key];
    if (route === undefined) throw new TypeError('fetch failed', { cause: new Error(`no route for ${key}`) });
    const answers = Array.isArray(route) ? (route as readonly FakeAnswer[]) : [route as FakeAnswer];
    const call = calls.get(key) ?? 0;
    calls.set(key, call + 1);
    return toResponse(answers[Math.min(call, answers.length - 1)] ?? {}, signal);
  };
}

function toResponse({ status = 200, json, text, events, open = false }: FakeAnswer, signal: AbortSignal | undefined): Response {
  if (events !== undefined) {
    const frames = events.map((event) => (typeof event === 'string' ? event : `data: ${JSON.stringify(event)}\n\n`));
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const frame of frames) controller.enqueue(new TextEncoder().encode(frame));
        if (!open) controller.close();
        else signal?.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    return new Response(stream, { status, headers: { 'Content-Type': 'text/event-stream' } });
  }
  if (status === 204) return new Response(null, { status });
  return new Response(text ?? (json === undefined ? '' : JSON.stringify(json)), { status });
}
