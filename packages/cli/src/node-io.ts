import { spawn } from 'node:child_process';
import { request as httpsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { CLIFetch, CLIIO, ProgramOutput } from './io.ts';

/** The command line's world when it runs as a process. A reader of its output that goes away ends the process quietly. */
export function nodeIO(): CLIIO {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    env: process.env,
    cwd: process.cwd(),
    fetch: nodeFetch,
    now: () => Date.now(),
    sleep: async (ms, options = {}) => {
      await delay(ms, undefined, options);
    },
    isTTY: process.stdin.isTTY && process.stderr.isTTY,
    promptSecret,
    openBrowser,
    run,
  };
}

const nodeFetch: CLIFetch = async (url, { method, headers, body, signal, insecure = false }) => {
  if (insecure && url.startsWith('https:')) return insecureFetch(url, { method, headers, body, signal });
  return fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
};

/** The platform's `fetch` cannot be told to accept any certificate; the older client can. */
function insecureFetch(
  url: string,
  {
    method,
    headers,
    body,
    signal,
  }: { method: string; headers: Record<string, string>; body?: string | undefined; signal?: AbortSignal | undefined },
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      url,
      { method, headers, rejectUnauthorized: false, ...(signal === undefined ? {} : { signal }) },
      (incoming) => {
        const status = incoming.statusCode ?? 500;
        const empty = status === 204 || status === 304;
        const init = { status, statusText: incoming.statusMessage ?? '', headers: textHeaders(incoming.headers) };
        if (empty) incoming.resume();
        resolve(new Response(empty ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>), init));
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

function textHeaders(headers: NodeJS.Dict<string | string[]>): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as [string, string]],
  );
}

async function promptSecret(question: string): Promise<string> {
  process.stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () => reject(new Error('interrupted')));
      lines.once('close', () => reject(new Error('no answer was given')));
    });
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** The programs that show an address in a browser, by platform. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  // Not through a shell, which would read `&` in the address.
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

async function openBrowser(url: string): Promise<void> {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  await new Promise<void>((resolve, reject) => {
    const child = spawn(command, [...args, url], { detached: true, stdio: 'ignore' });
    child.once('error', reject);
    // Some openers stay with the browser; those that fail do so soon.
    const opened = setTimeout(resolve, 1000);
    child.once('exit', (code) => {
      clearTimeout(opened);
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${code}`));
    });
    child.unref();
  });
}

function run({ command, args, env }: Parameters<CLIIO['run']>[0]): Promise<ProgramOutput> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['inherit', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, ...output }));
  });
}
