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
  reviewers: string[];
  comments: string[];
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

/** What a route takes, as the provider documents it. Everything else is refused, so that nothing is sent that nobody reads. */
export interface ForgeShape {
  query?: readonly string[];
  /** Fields of the body with their types, such as `title:string`; `*` marks those that must be there. */
  body?: readonly `${string}:${ForgeType}`[];
}

/** Types of fields of a body. */
export type ForgeType = 'string' | 'number' | 'boolean' | 'object' | 'string[]' | 'number[]' | 'object[]';

/** The API of one provider: method, pattern of the path, what it answers, what it takes. The first route that fits is taken. */
export type ForgeRoutes = readonly (readonly [
  method: string,
  path: RegExp,
  answer: (request: ForgeRequest, ...parts: string[]) => ForgeAnswer | Promise<ForgeAnswer>,
  shape?: ForgeShape,
])[];

/** How a provider words its errors. `field` is the one of the request that is wrong, if it is one. */
export interface ForgeErrors {
  body(status: number, message: string, field?: string): unknown;
  /** Status of a request that is not as it must be. */
  invalid: 400 | 422;
  /** Status of a method that a path does not have. */
  wrongMethod: 404 | 405;
}

/** A provider in this process: one repository with branches and pull requests, behind the provider's own API. */
export class Forge {
  /** Branch → head. */
  readonly branches = new Map<string, string>();
  readonly pulls: ForgePull[] = [];
  readonly requests: ForgeRequest[] = [];
  readonly labels: string[] = [];
  /** Refuses merges of what looks mergeable, as GitLab does for a moment after a push. */
  unmergeable = false;
  /** Answers every request instead of the API. */
  fault: ForgeAnswer | undefined;
  #now = Date.parse('2026-01-01T00:00:00Z');

  /** Requests that may change something. */
  get writes(): string[] {
    return this.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }

  open(
    pull: Pick<ForgePull, 'title' | 'description' | 'source' | 'target'> &
      Partial<Pick<ForgePull, 'labels' | 'draft' | 'reviewers'>>,
  ): ForgePull {
    this.#now += 60_000;
    const opened: ForgePull = {
      number: this.pulls.length + 1,
      state: 'open',
      draft: false,
      reviewers: [],
      comments: [],
      head: this.branches.get(pull.source) ?? '',
      createdAt: this.#now,
      labels: [],
      ...pull,
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
  errors: ForgeErrors = { body: (_, message) => ({ message }), invalid: 400, wrongMethod: 404 },
): Promise<{ url: string; close(): Promise<void> }> {
  const answerTo = async (request: ForgeRequest): Promise<ForgeAnswer> => {
    forge.requests.push(request);
    if (forge.fault !== undefined) return forge.fault;
    if (!authorized(request.headers)) return { status: 401, json: errors.body(401, 'Bad credentials') };
    for (const [method, pattern, answer, shape] of routes) {
      const match = method === request.method ? pattern.exec(request.path) : null;
      if (match === null) continue;
      const problem = problemOf(request, shape);
      if (problem !== undefined)
        return { status: errors.invalid, json: errors.body(errors.invalid, problem.message, problem.field) };
      const told = await answer(request, ...match.slice(1).map((part) => decodeURIComponent(part)));
      if (told.status < 400) return told;
      // Routes say what is wrong in plain words, or already as the provider does.
      return {
        ...told,
        json:
          typeof told.json === 'string' || told.json === undefined
            ? errors.body(told.status, told.json ?? 'Not Found')
            : told.json,
      };
    }
    const status = routes.some(([, pattern]) => pattern.test(request.path)) ? errors.wrongMethod : 404;
    return { status, json: errors.body(status, `no route for ${request.method} ${request.path}`) };
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

interface Problem {
  message: string;
  field?: string;
}

/** Why the provider would not understand a request; undefined if it would. */
function problemOf({ method, query, body, headers }: ForgeRequest, shape: ForgeShape | undefined): Problem | undefined {
  if (shape === undefined) return undefined;
  const { query: known = [], body: fields = [] } = shape;
  for (const name of query.keys()) if (!known.includes(name)) return { message: `there is no query parameter ${name}` };
  const names = Object.keys(body);
  if (names.length > 0 && !(headers['content-type'] ?? '').startsWith('application/json'))
    return { message: 'the body must be JSON' };
  if (names.length > 0 && method === 'GET') return { message: 'there must be no body' };
  const types = new Map(fields.map((field) => [nameOf(field), field.slice(field.indexOf(':') + 1) as ForgeType]));
  for (const name of names) {
    const type = types.get(name);
    if (type === undefined) return { message: `there is no field ${name}`, field: name };
    if (!isOf(body[name], type)) return { message: `${name} must be ${type}`, field: name };
  }
  for (const field of fields) {
    const name = nameOf(field);
    if (field.startsWith('*') && (body[name] === undefined || body[name] === ''))
      return { message: `${name} is missing`, field: name };
  }
  return undefined;
}

function nameOf(field: string): string {
  return field.slice(field.startsWith('*') ? 1 : 0, field.indexOf(':'));
}

function isOf(value: unknown, type: ForgeType): boolean {
  if (type.endsWith('[]')) return Array.isArray(value) && value.every((item) => isOf(item, type.slice(0, -2) as ForgeType));
  return typeof value === type && value !== null && !Array.isArray(value);
}

/** The answer to a title that is longer than the provider takes; undefined if it is not. */
export function titleTooLong(title: unknown, max: number): ForgeAnswer | undefined {
  if (typeof title !== 'string' || title.length <= max) return undefined;
  return { status: max === 256 ? 422 : 400, json: `title is too long (maximum is ${max} characters)` };
}

/** A part of a page, as query parameters ask for it (pages count from 1), of at most 100 items. */
export function pageOf<T>(items: readonly T[], query: URLSearchParams, wanted: number): T[] {
  const size = Math.min(100, Math.max(1, wanted));
  const page = Number(query.get('page') ?? 1);
  return items.slice((page - 1) * size, page * size);
}

/** Answers with 404 if there is no such pull request. */
export function withPull(forge: Forge, number: string | undefined, answer: (pull: ForgePull) => ForgeAnswer): ForgeAnswer {
  const pull = forge.find(number ?? '');
  return pull === undefined ? { status: 404, json: 'Not Found' } : answer(pull);
}

export function isoTime(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
