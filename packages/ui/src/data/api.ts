/** The REST API as the UI uses it. */
import type { AnalysisRun, Freight, Project, Promotion, Stage, Warehouse } from '@kargo/api';
import type { Preview } from './preview.ts';
import type { SessionStore } from './session.ts';

/** A call that was answered with an error. `status` 0: there was no answer. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface Listed<T> {
  items: T[];
  resourceVersion: string | undefined;
}

export interface PublicConfig {
  adminAccountEnabled: boolean;
  skipAuth: boolean;
}

/** A thing that somebody can do about a wait. */
export interface WayOut {
  what: string;
  command: string;
  /** Who may do it. */
  who?: string;
}

export interface Explanation {
  standing: 'settled' | 'moving' | 'waiting' | 'stuck';
  summary: string;
  gates: { name: string; met: boolean; fact: string; opensAt?: string; action?: WayOut }[];
  triggers: { kind: 'event' | 'deadline' | 'poll'; what: string; at?: string }[];
  earliest?: string;
  actions: WayOut[];
}

/** One result of creating or updating manifests. */
export interface ManifestResult {
  error?: string;
  createdResourceManifest?: unknown;
  updatedResourceManifest?: unknown;
}

type Fetch = typeof fetch;

export class Api {
  readonly #session: SessionStore;
  readonly #fetch: Fetch;

  constructor(session: SessionStore, fetch: Fetch) {
    this.#session = session;
    this.#fetch = fetch;
  }

  /** Any call below the prefix; undefined for an answer without a body. Screens declare their own calls beside them. */
  call = <T>(method: string, route: string, options: RequestOptions = {}): Promise<T> => this.#json<T>(method, route, options);

  publicConfig = (): Promise<PublicConfig> => this.#json('GET', 'system/public-server-config');

  async signIn(password: string): Promise<void> {
    const { idToken } = await this.#json<{ idToken: string }>('POST', 'login', { authorization: `Bearer ${password}` });
    this.#session.signIn(idToken);
  }

  projects = async (): Promise<Project[]> => (await this.#json<{ items: Project[] }>('GET', 'projects')).items;
  stages = (project: string): Promise<Listed<Stage>> => this.#list(project, 'stages');
  warehouses = (project: string): Promise<Listed<Warehouse>> => this.#list(project, 'warehouses');
  promotions = (project: string): Promise<Listed<Promotion>> => this.#list(project, 'promotions');

  async freight(project: string, stage?: string): Promise<Listed<Freight>> {
    const query = stage === undefined ? '' : `?stage=${encodeURIComponent(stage)}`;
    const body = await this.#json<{ groups?: Record<string, { items?: Freight[] }>; resourceVersion?: string }>(
      'GET',
      `${path(project)}/freight${query}`,
    );
    return { items: Object.values(body.groups ?? {}).flatMap(({ items }) => items ?? []), resourceVersion: body.resourceVersion };
  }

  analysisRun = (project: string, name: string): Promise<AnalysisRun> =>
    this.#json('GET', `${path(project, 'analysis-runs', name)}`);
  explain = (project: string, type: 'stages' | 'freight' | 'promotions' | 'warehouses', name: string): Promise<Explanation> =>
    this.#json('GET', `${path(project, type, name)}/explain`);

  promote = (project: string, stage: string, freight: string): Promise<Promotion> =>
    this.#json('POST', `${path(project, 'stages', stage)}/promotions`, { body: JSON.stringify({ freight }) });
  /** What promoting would do. Takes as long as the steps need to be rehearsed. */
  preview = (project: string, stage: string, freight: string, signal: AbortSignal): Promise<Preview> =>
    this.#json('POST', `${path(project, 'stages', stage)}/promotions/preview`, { body: JSON.stringify({ freight }), signal });
  /** Promotes exactly as previewed. Fails with status 409 if something has moved since. */
  promotePlanned = ({ apiVersion, kind, project, stage, basis }: Preview): Promise<Promotion> =>
    this.#json('POST', `${path(project, 'stages', stage)}/promotions/planned`, {
      body: JSON.stringify({ plan: { apiVersion, kind, project, stage, basis } }),
    });
  approve = (project: string, freight: string, stage: string): Promise<void> =>
    this.#json('POST', `${path(project, 'freight', freight)}/approve?stage=${encodeURIComponent(stage)}`);
  refreshStage = (project: string, stage: string): Promise<void> =>
    this.#json('POST', `${path(project, 'stages', stage)}/refresh`);
  refreshWarehouse = (project: string, warehouse: string): Promise<void> =>
    this.#json('POST', `${path(project, 'warehouses', warehouse)}/refresh`);
  reverify = (project: string, stage: string): Promise<void> =>
    this.#json('POST', `${path(project, 'stages', stage)}/verification`);
  abortVerification = (project: string, stage: string): Promise<void> =>
    this.#json('POST', `${path(project, 'stages', stage)}/verification/abort`);
  abortPromotion = (project: string, promotion: string): Promise<void> =>
    this.#json('POST', `${path(project, 'promotions', promotion)}/abort`);
  deleteStage = (project: string, stage: string): Promise<void> => this.#json('DELETE', path(project, 'stages', stage));

  /** Creates the objects of a YAML text; fails with every problem the server found. */
  async create(yaml: string): Promise<void> {
    const { results } = await this.#json<{ results: ManifestResult[] }>('POST', 'resources', {
      body: yaml,
      contentType: 'text/plain',
    });
    const errors = results.flatMap(({ error }) => error ?? []);
    if (errors.length > 0) throw new ApiFailure(422, errors.join('\n'));
  }

  /** Opens the log of a step of a promotion; the stream ends with the step. */
  stepLog = (project: string, promotion: string, step: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
    this.#stream(`${path(project, 'promotions', promotion, 'steps', step)}/logs?follow=true`, signal);

  /** Opens what the Job of a metric prints; the stream ends with the Job. */
  jobLog = (project: string, run: string, metric: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
    this.#stream(`${path(project, 'analysis-runs', run)}/logs?${new URLSearchParams({ metricName: metric })}`, signal);

  /** Opens a watch; the body is a stream of server-sent events. */
  async watch(
    project: string,
    type: string,
    resourceVersion: string | undefined,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const query = new URLSearchParams({ watch: 'true', ...(resourceVersion === undefined ? {} : { resourceVersion }) });
    return this.#stream(`${path(project)}/${type}?${query}`, signal);
  }

  async #stream(route: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send('GET', route, { signal });
    if (response.body === null) throw new ApiFailure(0, 'the server sent no stream');
    return response.body;
  }

  async #list<T>(project: string, type: string): Promise<Listed<T>> {
    const { items, metadata } = await this.#json<{ items: T[]; metadata?: { resourceVersion?: string } }>(
      'GET',
      `${path(project)}/${type}`,
    );
    return { items, resourceVersion: metadata?.resourceVersion };
  }

  async #json<T>(method: string, route: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.#send(method, route, options);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async #send(
    method: string,
    route: string,
    { body, contentType = 'application/json', authorization, signal }: RequestOptions,
  ): Promise<Response> {
    const token = this.#session.token;
    const auth = authorization ?? (token === undefined ? undefined : `Bearer ${token}`);
    let response: Response;
    try {
      response = await this.#fetch(`v1beta1/${route}`, {
        method,
        headers: {
          'x-kargo-client': 'ts',
          ...(auth === undefined ? {} : { authorization: auth }),
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ApiFailure(0, 'The server does not answer. It may be restarting, or the network is down.', { cause: error });
    }
    if (response.ok) return response;
    if (response.status === 401 && authorization === undefined) this.#session.signOut();
    throw new ApiFailure(response.status, await errorText(response));
  }
}

export interface RequestOptions {
  body?: string;
  contentType?: string;
  authorization?: string;
  signal?: AbortSignal;
}

function path(project: string, ...rest: string[]): string {
  return ['projects', project, ...rest].map(encodeURIComponent).join('/');
}

async function errorText(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // Not JSON: something between the browser and the server answered.
  }
  return `The server answered ${response.status} ${response.statusText}`.trim();
}
