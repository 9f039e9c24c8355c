import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, httpFixture } from '../http-fixture.ts';

/** A pull request as a forge keeps it, whatever its API calls the parts. */
export interface ForgePull {
  number: number;
  title: string;
  description: string;
  source: string;
  target: string;
  head: string;
  state: 'open' | 'merged' | 'closed';
  draft: boolean;
  /** What keeps it from being merged. */
  hindrance?: 'conflict' | 'checking' | 'policy' | undefined;
  labels: string[];
  /** Epoch milliseconds. */
  createdAt: number;
  mergeCommit?: string | undefined;
  mergeMethod?: string | undefined;
}

/** A request that reached the API. */
export interface ForgeRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string>>;
  body: Readonly<Record<string, unknown>>;
}

export type ForgeAnswer = { status: number; json?: unknown; headers?: Record<string, string> };

/** The API of one provider: method, pattern of the path, what it answers. The first route that fits is taken. */
export type ForgeRoutes = readonly (readonly [
  string,
  RegExp,
  (request: ForgeRequest, ...parts: string[]) => ForgeAnswer | Promise<ForgeAnswer>,
])[];

/** A provider in this process: one repository with branches and pull requests, behind the provider's own API. */
export class Forge {
  /** Branch → head. */
  readonly branches = new Map<string, string>();
  readonly pulls: ForgePull[] = [];
  readonly requests: ForgeRequest[] = [];
  readonly labels: string[] = [];
  /** Answers every request instead of the API. */
  fault: ForgeAnswer | undefined;
  #now = Date.parse('2026-01-01T00:00:00Z');

  /** Requests that may change something. */
  get writes(): string[] {
    return this.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }

  open(pull: { title: string; description: string; source: string; target: string; labels?: string[] | undefined }): ForgePull {
    this.#now += 60_000;
    const opened: ForgePull = {
      number: this.pulls.length + 1,
      state: 'open',
      draft: false,
      head: this.branches.get(pull.source) ?? '',
      createdAt: this.#now,
      ...pull,
      labels: pull.labels ?? [],
    };
    this.pulls.push(opened);
    return opened;
  }

  /** The pull request of a number; undefined if there is none. */
  find(number: string | number): ForgePull | undefined {
    return this.pulls.find((pull) => pull.number === Number(number));
  }

  merge(pull: ForgePull, method: string | undefined): void {
    pull.state = 'merged';
    pull.mergeMethod = method;
    pull.mergeCommit = Buffer.from(`merge of ${pull.number}`).toString('hex').padEnd(40, '0').slice(0, 40);
    this.branches.set(pull.target, pull.mergeCommit);
  }
}

/** Serves a forge by the routes of its provider. `authorized` looks at the headers. */
export async function serveForge(
  forge: Forge,
  routes: ForgeRoutes,
  authorized: (headers: Readonly<Record<string, string>>) => boolean,
): Promise<{ url: string; close(): Promise<void> }> {
  const answerTo = async (request: ForgeRequest): Promise<ForgeAnswer> => {
    forge.requests.push(request);
    if (forge.fault !== undefined) return forge.fault;
    if (!authorized(request.headers)) return { status: 401, json: { message: 'bad credentials' } };
    for (const [method, pattern, answer] of routes) {
      const match = method === request.method ? pattern.exec(request.path) : null;
      if (match !== null) return answer(request, ...match.slice(1).map((part) => decodeURIComponent(part)));
    }
    return { status: 404, json: { message: `no route for ${request.method} ${request.path}` } };
  };
  const server = await httpFixture(async (incoming: IncomingMessage, response: ServerResponse) => {
    const url = new URL(incoming.url ?? '/', 'http://localhost');
    const text = (await bodyOf(incoming)).toString();
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const {
      status,
      json,
      headers: more,
    } = await answerTo({
      method: incoming.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    });
    response.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...more });
    response.end(json === undefined ? undefined : JSON.stringify(json));
  });
  return { url: server.url, close: () => server.close() };
}

/** A part of a page, as query parameters ask for it (pages count from 1). */
export function pageOf<T>(items: readonly T[], query: URLSearchParams, size: number): T[] {
  const page = Number(query.get('page') ?? 1);
  return items.slice((page - 1) * size, page * size);
}

/** Answers with 404 if there is no such pull request. */
export function withPull(forge: Forge, number: string | undefined, answer: (pull: ForgePull) => ForgeAnswer): ForgeAnswer {
  const pull = forge.find(number ?? '');
  return pull === undefined ? { status: 404, json: { message: 'Not Found' } } : answer(pull);
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
