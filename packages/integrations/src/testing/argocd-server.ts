/** An Argo CD API server for tests: as much of it as Kargo uses, with its quirks. What its controllers would do, the test does. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Application, Operation } from '@kargo/api';
import { parseLabelSelector } from '@kargo/gocompat';
import { applyMergePatch } from '@kargo/kube';
import { bodyOf, httpFixture, type HttpFixture } from './http-fixture.ts';

type Stored = Omit<Application, 'apiVersion' | 'kind'>;
type Body = Record<string, never> & { patch?: string; patchType?: string };

interface Watcher {
  response: ServerResponse;
  selector: string;
}

export class ArgoCDFixture {
  readonly token = 'argocd-token';
  /** `METHOD path` of every request, with its query. */
  readonly asked: string[] = [];
  /** Bodies of writes, in order. */
  readonly written: unknown[] = [];
  /** Answers every request with this status, if set. */
  broken: { status: number; body: string } | undefined;
  /** Names of Applications that the token may not see. */
  readonly hidden = new Set<string>();
  readonly #apps = new Map<string, Stored>();
  readonly #watchers = new Set<Watcher>();
  #version = 0;
  #fixture!: HttpFixture;

  static async start(): Promise<ArgoCDFixture> {
    const server = new ArgoCDFixture();
    server.#fixture = await httpFixture((request, response) => server.#handle(request, response));
    return server;
  }

  get url(): string {
    return this.#fixture.url;
  }

  close(): Promise<void> {
    return this.#fixture.close();
  }

  get(name: string): Stored {
    const app = this.#apps.get(name);
    if (app === undefined) throw new Error(`there is no Application ${name}`);
    return app;
  }

  /** Creates or changes an Application, which watchers see. */
  put({ metadata, spec, operation, status }: Stored | Application): Stored {
    const name = metadata.name ?? '';
    const known = this.#apps.has(name);
    this.#version += 1;
    const stored: Stored = {
      metadata: { namespace: 'argocd', uid: `uid-${name}`, ...metadata, resourceVersion: String(this.#version) },
      spec,
      ...(operation === undefined ? {} : { operation }),
      ...(status === undefined ? {} : { status }),
    };
    this.#apps.set(name, stored);
    this.#tell(known ? 'MODIFIED' : 'ADDED', stored);
    return stored;
  }

  remove(name: string): void {
    const app = this.get(name);
    this.#apps.delete(name);
    this.#tell('DELETED', app);
  }

  /** Ends all streams, as a proxy does. */
  cut(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
  }

  /** What the application controller does with a requested operation: syncs to `revision`, and compares. */
  sync(name: string, revision: string, more: { phase?: string; message?: string; health?: string } = {}): void {
    const app = this.get(name);
    if (app.operation === undefined) throw new Error(`nobody requested an operation of ${name}`);
    const { phase = 'Succeeded', message = 'successfully synced (all tasks run)', health = 'Healthy' } = more;
    this.put({
      metadata: app.metadata,
      spec: app.spec,
      status: {
        ...app.status,
        sync: { status: 'Synced', revision },
        health: { status: health },
        operationState: {
          operation: app.operation,
          phase,
          message,
          startedAt: '2026-01-01T00:00:00Z',
          finishedAt: '2026-01-01T00:00:10Z',
          syncResult: { revision },
        },
        reconciledAt: '2026-01-01T00:00:11Z',
      },
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://x');
    this.asked.push(`${request.method} ${request.url}`);
    const text = (await bodyOf(request)).toString();
    if (this.broken !== undefined) return void response.writeHead(this.broken.status).end(this.broken.body);
    if (request.headers.authorization !== `Bearer ${this.token}`)
      return refuse(response, 401, 16, 'invalid session: token is invalid');
    if (request.method !== 'GET' && request.headers['content-type'] !== 'application/json')
      return void response.writeHead(415).end('Invalid content type');
    const body = (text === '' ? {} : JSON.parse(text)) as Body;
    if (request.method !== 'GET') this.written.push(body);
    const path = url.pathname.replace(/^\/api\/v1\//, '');
    if (path === 'stream/applications') return this.#stream(url, response);
    if (path === 'applications')
      return answer(response, { metadata: { resourceVersion: String(this.#version) }, items: this.#list(url) });
    const [, name = '', verb] = path.split('/').map(decodeURIComponent);
    const app = this.#apps.get(name);
    if (app === undefined || this.hidden.has(name)) {
      const told = url.searchParams.get('project') !== null;
      return told
        ? refuse(response, 404, 5, `applications.argoproj.io "${name}" not found`)
        : refuse(response, 403, 7, 'permission denied');
    }
    if (request.method === 'PATCH') return answer(response, this.#patch(app, body));
    if (request.method === 'POST' && verb === 'sync') return this.#sync(app, body, response);
    return answer(response, app);
  }

  #list(url: URL): Stored[] | null {
    const selector = parseLabelSelector(url.searchParams.get('selector') ?? '');
    const [name, namespace] = [url.searchParams.get('name'), url.searchParams.get('appNamespace')];
    const items = [...this.#apps.values()].filter(
      ({ metadata }) =>
        !this.hidden.has(metadata.name ?? '') &&
        selector.matches(metadata.labels ?? {}) &&
        (name === null || metadata.name === name) &&
        (namespace === null || metadata.namespace === namespace),
    );
    return items.length === 0 ? null : items; // An empty Go slice.
  }

  #stream(url: URL, response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' });
    for (const application of this.#list(url) ?? []) response.write(frame('ADDED', application));
    const watcher = { response, selector: url.searchParams.get('selector') ?? '' };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
    response.flushHeaders();
  }

  /** Only spec and metadata of a patch are kept; an operation in it is ignored. */
  #patch(app: Stored, { patch = '{}', patchType }: Body): Stored {
    if (patchType !== 'merge') throw new Error(`the test server knows merge patches only, not ${patchType}`);
    const merged = applyMergePatch(app, JSON.parse(patch)) as Stored;
    return this.put({ ...app, metadata: merged.metadata, spec: merged.spec });
  }

  #sync(app: Stored, body: Record<string, unknown>, response: ServerResponse): void {
    if (app.operation !== undefined || app.status?.operationState?.phase === 'Running')
      return refuse(response, 400, 9, 'another operation is already in progress');
    const { infos, retryStrategy, syncOptions, name: _name, appNamespace: _namespace, ...sync } = body;
    const operation = {
      sync: { ...sync, ...(syncOptions === undefined ? {} : { syncOptions: (syncOptions as { items: string[] }).items }) },
      ...(infos === undefined ? {} : { info: infos }),
      ...(retryStrategy === undefined ? {} : { retry: retryStrategy }),
      initiatedBy: { username: 'kargo' },
    } as Operation;
    const { operationState: _state, ...status } = app.status ?? {};
    answer(response, this.put({ ...app, operation, status }));
  }

  #tell(type: string, app: Stored): void {
    for (const { response, selector } of this.#watchers)
      if (!this.hidden.has(app.metadata.name ?? '') && parseLabelSelector(selector).matches(app.metadata.labels ?? {}))
        response.write(frame(type, app));
  }
}

function frame(type: string, application: Stored): string {
  return `${JSON.stringify({ result: { type, application } })}\n`;
}

function answer(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: message, code, message }));
}
