import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';

const SERVICES = ['git-upload-pack', 'git-receive-pack'];

/**
 * Answers one request of git's smart HTTP protocol for the repositories in the folder `root`: each with one process of the git program, which
 * speaks the protocol itself.
 */
export async function serveGitBackend(
  request: IncomingMessage,
  response: ServerResponse,
  options: { root: string; path: string },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, name = '', what = ''] =
    /^\/(.+?)\/(info\/refs|git-upload-pack|git-receive-pack)$/.exec(decodeURIComponent(url.pathname)) ?? [];
  const advertise = what === 'info/refs';
  const service = advertise ? (url.searchParams.get('service') ?? '') : what;
  const repository = name === '' || name.split('/').includes('..') ? undefined : await repositoryAt(join(options.root, name));
  if (repository === undefined || !SERVICES.includes(service)) {
    request.resume();
    response.writeHead(repository === undefined ? 404 : 403, { 'content-type': 'text/plain' });
    response.end('Not Found\n');
    return;
  }
  const protocol = String(request.headers['git-protocol'] ?? '');
  const child = spawn(
    'git',
    [service.slice('git-'.length), '--stateless-rpc', ...(advertise ? ['--http-backend-info-refs'] : []), repository],
    {
      env: {
        PATH: options.path,
        HOME: options.root,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_PROTOCOL: protocol,
        GIT_COMMITTER_NAME: 'server',
        GIT_COMMITTER_EMAIL: 'server@localhost',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  await new Promise<void>((resolve, reject) => {
    let words = '';
    child.on('error', reject);
    child.stdin.on('error', () => child.stdin.destroy());
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    response.on('close', () => child.kill());
    response.setHeader('cache-control', 'no-cache');
    response.setHeader('content-type', `application/x-${service}-${advertise ? 'advertisement' : 'result'}`);
    if (advertise) {
      child.stdin.end();
      // Newer protocols do without this line, which tells the oldest servers apart from others.
      if (!/\bversion=2\b/.test(protocol)) response.write(`${packet(`# service=${service}\n`)}0000`);
    } else if (request.headers['content-encoding'] === 'gzip') request.pipe(createGunzip()).pipe(child.stdin);
    else request.pipe(child.stdin);
    child.stdout.pipe(response, { end: false });
    child.on('close', (code) => {
      if (code !== 0 && !response.headersSent) reject(new Error(`git ${service} ended with ${code} and no answer: ${words}`));
      else {
        response.end();
        resolve();
      }
    });
  });
}

/** Where a repository lies; with or without `.git` at the end of its name. */
async function repositoryAt(path: string): Promise<string | undefined> {
  for (const candidate of [path, `${path}.git`])
    if ((await stat(candidate).catch(() => undefined))?.isDirectory() === true) return candidate;
  return undefined;
}

function packet(text: string): string {
  return (Buffer.byteLength(text) + 4).toString(16).padStart(4, '0') + text;
}
