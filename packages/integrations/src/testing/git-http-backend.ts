import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers one request of git's smart HTTP protocol by git's own `http-backend` program, as a CGI script of the folder `root`. */
export function serveGitBackend(
  request: IncomingMessage,
  response: ServerResponse,
  options: { root: string; path: string; user?: string | undefined },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const header = (name: string): string => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : '';
  };
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], {
      env: {
        PATH: options.path,
        HOME: options.root,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_PROJECT_ROOT: options.root,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: decodeURIComponent(url.pathname),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: header('content-type'),
        ...(header('content-length') === '' ? {} : { CONTENT_LENGTH: header('content-length') }),
        HTTP_CONTENT_ENCODING: header('content-encoding'),
        GIT_PROTOCOL: header('git-protocol'),
        REMOTE_ADDR: '127.0.0.1',
        ...(options.user === undefined ? {} : { REMOTE_USER: options.user }),
      },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let head: Buffer | undefined = Buffer.alloc(0);
    let words = '';
    child.on('error', reject);
    child.stdin.on('error', () => child.stdin.destroy());
    request.pipe(child.stdin);
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => {
      if (head === undefined) {
        response.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      const { status, headers } = cgiHeaders(head.subarray(0, end).toString());
      response.writeHead(status, headers);
      response.write(head.subarray(end + 4));
      head = undefined;
    });
    response.on('close', () => child.kill());
    child.on('close', (code) => {
      if (head !== undefined) reject(new Error(`git http-backend ended with ${code} and no answer: ${words}`));
      else {
        response.end();
        resolve();
      }
    });
  });
}

function cgiHeaders(text: string): { status: number; headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'status') status = Number.parseInt(value, 10);
    else headers[name] = value;
  }
  return { status, headers };
}
