/** The REST API as the UI uses it. */
import type { AnalysisRun, Freight, Project, Promotion, Stage, Warehouse } from '@kargo/api';
import type { Preview } from './preview.ts';
import type { SessionStore } from './session.ts';
import { LEFT_OUT } from './wanted-fields.ts';

/** A call that was answered with an error. `status` 0: there was no answer. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface PublicConfig {
  adminAccountEnabled: boolean;
  skipAuth: boolean;
  /** There is an identity provider to sign in at. */
  oidcConfig?: { issuerUrl: string; clientId: string };
}

/** What a page keeps while its browser is at the identity provider. */
export interface SsoProof {
  state: string;
  nonce: string;
  codeVerifier: string;
}

/** When controllers last reported, by name. */
export interface Heartbeats {
  heartbeats: Readonly<Record<string, { status?: string; timestamp?: string }>>;
  defaultController?: string;
}

/** What the server says about what is around it. */
export interface ServerConfig {
  argocdShards?: Readonly<Record<string, { url?: string; namespace?: string }>>;
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

type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

export class Api {
  readonly #session: Pick<SessionStore, 'token' | 'signIn' | 'end'>;
  readonly #fetch: Fetch;
  #skew = 0;

  constructor(session: Pick<SessionStore, 'token' | 'signIn' | 'end'>, fetch: Fetch) {
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

  /** Begins to sign in at the identity provider, which will send the browser to `redirectUri`. */
  beginSso = (redirectUri: string): Promise<SsoProof & { authorizationUrl: string }> =>
    this.#json('POST', 'login/sso/begin', { body: JSON.stringify({ redirectUri }), authorization: '' });

  /** Signs in with what the provider sent the browser back with. */
  completeSso = (answer: SsoProof & { callback: string }): Promise<void> => this.#signInBy('login/sso/complete', answer);

  /** Goes on with the session, by what the provider gave for that. Fails with 403 when it does not let it go on. */
  renewSso = (refreshToken: string): Promise<void> => this.#signInBy('login/sso/renew', { refreshToken });

  async #signInBy(route: string, body: object): Promise<void> {
    const { idToken, refreshToken } = await this.#json<{ idToken: string; refreshToken?: string }>('POST', route, {
      body: JSON.stringify(body),
      authorization: '',
    });
    this.#session.signIn(idToken, refreshToken);
  }

  projects = async ({ mine = false }: { mine?: boolean } = {}): Promise<Project[]> =>
    (await this.#json<{ items: Project[] }>('GET', `projects${mine ? '?mine=true' : ''}`)).items;
  /** Stages of a project with what a line about it needs. */
  stagesBriefly = async (project: string): Promise<Stage[]> =>
    (await this.#json<{ items: Stage[] }>('GET', `${path(project)}/stages?fields=${LEFT_OUT.join(',')}`)).items;
  /** The newest Freight of a project. */
  newestFreight = async (project: string): Promise<Freight[]> => {
    const { groups } = await this.#json<{ groups?: Record<string, { items?: Freight[] }> }>(
      'GET',
      `${path(project)}/freight?limit=50&reverse=true`,
    );
    return Object.values(groups ?? {}).flatMap(({ items }) => items ?? []);
  };
  heartbeats = (): Promise<Heartbeats> => this.#json('GET', 'system/controller-heartbeats');
  serverConfig = (): Promise<ServerConfig> => this.#json('GET', 'system/server-config');
  /** One object in full. */
  stage = (project: string, name: string): Promise<Stage> => this.#json('GET', path(project, 'stages', name));
  warehouse = (project: string, name: string): Promise<Warehouse> => this.#json('GET', path(project, 'warehouses', name));
  promotion = (project: string, name: string): Promise<Promotion> => this.#json('GET', path(project, 'promotions', name));
  freight = (project: string, name: string): Promise<Freight> => this.#json('GET', path(project, 'freight', name));

  analysisRun = (project: string, name: string): Promise<AnalysisRun> =>
    this.#json('GET', `${path(project, 'analysis-runs', name)}`);
  explain = (project: string, type: 'stages' | 'freight' | 'promotions' | 'warehouses', name: string): Promise<Explanation> =>
    this.#json('GET', `${path(project, type, name)}/explain`);

  /** The difference between the server's clock and this one, in milliseconds, as far as answers told it. */
  get skew(): number {
    return this.#skew;
  }

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
  /** Promotes to every stage that takes freight from this one. */
  promoteDownstream = (project: string, stage: string, freight: string): Promise<{ promotions?: Promotion[] }> =>
    this.#json('POST', `${path(project, 'stages', stage)}/promotions/downstream`, { body: JSON.stringify({ freight }) });
  setAlias = (project: string, freight: string, alias: string): Promise<void> =>
    this.#json('PATCH', `${path(project, 'freight', freight)}/alias?newAlias=${encodeURIComponent(alias)}`);
  deleteFreight = (project: string, freight: string): Promise<void> => this.#json('DELETE', path(project, 'freight', freight));
  deleteWarehouse = (project: string, warehouse: string): Promise<void> =>
    this.#json('DELETE', path(project, 'warehouses', warehouse));
  abortPromotion = (project: string, promotion: string): Promise<void> =>
    this.#json('POST', `${path(project, 'promotions', promotion)}/abort`);
  deleteStage = (project: string, stage: string): Promise<void> => this.#json('DELETE', path(project, 'stages', stage));

  /** Creates one object; fails with what the server found wrong. */
  async createObject<T>(object: T): Promise<T> {
    const { results } = await this.#json<{ results: ManifestResult[] }>('POST', 'resources', { body: JSON.stringify(object) });
    const [result] = results;
    if (result?.error !== undefined) throw new ApiFailure(422, result.error);
    return (result?.createdResourceManifest ?? object) as T;
  }

  /** Whether this server offers the command line for people to install. */
  offersCli = async (): Promise<boolean> => (await this.#fetch('downloads/kargo.tgz', { method: 'HEAD' })).ok;

  /** What is at a route, as a file. */
  blob = async (route: string): Promise<Blob> => (await this.#send('GET', route, {})).blob();

  /** Opens the log of a step of a promotion; the stream ends with the step. */
  stepLog = (project: string, promotion: string, step: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
    this.#stream(`${path(project, 'promotions', promotion, 'steps', step)}/logs?follow=true`, signal);

  /** The same as far as it is there now. */
  stepLogSoFar = (project: string, promotion: string, step: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
    this.#stream(`${path(project, 'promotions', promotion, 'steps', step)}/logs`, signal);

  /** Opens what the Job of a metric prints; the stream ends with the Job. */
  jobLog = (project: string, run: string, metric: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
    this.#stream(`${path(project, 'analysis-runs', run)}/logs?${new URLSearchParams({ metricName: metric })}`, signal);

  /** Opens a stream of objects: what there is, then changes. `cursor` is the id of the last event of a stream before; with it only what came since is sent. */
  openStream = (route: string, cursor: string | undefined, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
    this.#stream(cursor === undefined ? route : `${route}&${new URLSearchParams({ resourceVersion: cursor })}`, signal);

  async #stream(route: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#send('GET', route, { signal });
    if (response.body === null) throw new ApiFailure(0, 'the server sent no stream');
    return response.body;
  }

  /** Dates of answers are in whole seconds: less than two apart is no difference. */
  #noteTime(date: string | null): void {
    const skew = Date.parse(date ?? '') - Date.now();
    if (!Number.isNaN(skew)) this.#skew = Math.abs(skew) < 2000 ? 0 : skew;
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
          ...(auth === undefined || auth === '' ? {} : { authorization: auth }),
          ...(body === undefined ? {} : { 'content-type': contentType }),
        },
        ...(body === undefined ? {} : { body }),
        ...(signal === undefined ? {} : { signal }),
      });
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw new ApiFailure(0, 'The server does not answer. It may be restarting, or the network is down.', { cause: error });
    }
    this.#noteTime(response.headers.get('date'));
    if (response.ok) return response;
    // Another tab may have signed in again meanwhile: then the answer is about the token before.
    if (response.status === 401 && authorization === undefined && token === this.#session.token) this.#session.end();
    throw new ApiFailure(response.status, await errorText(response));
  }
}

/** Streams of the API. */
export const streams = {
  projects: 'watch?kinds=projects',
  /** Everything that the screens of a project show all the time. Objects come without the fields that {@link LEFT_OUT} names. */
  project: (project: string): string =>
    `${path(project)}/watch?${new URLSearchParams({ kinds: 'stages,warehouses,freight,promotions', fields: LEFT_OUT.join(',') })}`,
  events: (project: string): string => `${path(project)}/watch?kinds=events`,
} as const;

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
