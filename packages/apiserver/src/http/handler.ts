import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ApiError, type PolicyRule } from '@kargo/api';
import type { Authorizer, Clock, Log, UserInfo } from '@kargo/kube';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import type { Serializer } from '../object/serializer.ts';
import type { Registry } from '../registry/registry.ts';
import { requireAccess } from './authorization.ts';
import { BodyReader, decode } from './body.ts';
import { aggregated, discovery } from './discovery.ts';
import { impersonated } from './impersonation.ts';
import { aggregatedDiscovery } from './negotiation.ts';
import { OpenAPI } from './openapi.ts';
import { OPENAPI_V2_PROTOBUF } from './openapi-v2.ts';
import { ResourceHandler } from './resource-handler.ts';
import { sendBytes, sendError, sendJSON, sendText } from './responses.ts';
import { answerReview } from './reviews.ts';
import { routeOf } from './route.ts';

/** Who sends a request; undefined refuses it with 401. */
export type Authenticate = (request: IncomingMessage) => UserInfo | undefined | Promise<UserInfo | undefined>;

export interface HandlerOptions {
  registry: Registry;
  /** Asked first; ServiceAccounts prove themselves by their tokens. */
  authenticate: Authenticate;
  authorizer: Authorizer;
  /** Everything a user may do in a namespace; absent where the authorizer cannot say. */
  rulesFor: ((user: UserInfo, namespace: string | undefined) => readonly PolicyRule[]) | undefined;
  tokens: ServiceAccountTokens;
  /** Whose token this is, apart from those of ServiceAccounts. */
  tokenUser: (token: string) => Promise<UserInfo | undefined>;
  clock: Clock;
  log: Log;
  /** Shared with the store: what was written is sent as it was stored. */
  texts: Serializer;
  /** Sends a bookmark to every watch that asked for them. */
  sendBookmarks: () => void;
  version: string;
}

type Parts = HandlerOptions & { resources: ResourceHandler; openAPI: OpenAPI; bodies: BodyReader };

/** Speaks the Kubernetes wire protocol. Every failure is answered with a `Status`. */
export function requestHandler(options: HandlerOptions): RequestListener {
  const bodies = new BodyReader(options.clock);
  const resources = new ResourceHandler({ ...options, bodies });
  const openAPI = new OpenAPI(options.registry.kinds, options.version);
  const parts = { ...options, resources, openAPI, bodies };
  return (request, response) => {
    dispatch(parts, request, response).catch((error: unknown) => {
      fail(options.log, request, response, error);
    });
  };
}

function fail(log: Log, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const known = error instanceof ApiError;
  if (!known) log.error({ error, method: request.method, path: request.url?.split('?')[0] }, 'a request failed unexpectedly');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // A body that was refused before it was read would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  sendError(
    response,
    known ? error : new ApiError('InternalError', 'Internal error occurred: the server log says more', { cause: error }),
  );
}

async function dispatch(options: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (['/healthz', '/livez', '/readyz'].includes(url.pathname)) {
    sendText(response, 200, 'ok', 'text/plain; charset=utf-8');
    return;
  }
  const sender = (await options.authenticate(request)) ?? accountOf(request, options.tokens);
  if (sender === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
  const { authorizer } = options;
  const user = await impersonated(request, sender, authorizer);
  const { kinds } = options.registry;
  const route = routeOf(url.pathname, kinds);
  switch (route.kind) {
    case 'resource':
      return options.resources.handle({ request, response, route, query: url.searchParams, user });
    case 'review': {
      if (request.method !== 'POST')
        throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
      const { review, group, plural: resource, namespace } = route;
      await requireAccess(authorizer, user, { verb: 'create', group, resource, namespace });
      const { value: body } = decode(await options.bodies.read(request));
      sendJSON(response, 201, await answerReview({ review, namespace, body, user }, options));
      return;
    }
    case 'discovery': {
      requireGet(request);
      await requireAccess(authorizer, user, { verb: 'get', path: url.pathname, group: '', resource: '' });
      const all = route.group === undefined || (route.legacy && route.version === undefined);
      const version = all ? aggregatedDiscovery(request.headers.accept) : undefined;
      if (version === undefined) sendJSON(response, 200, discovery(kinds, route));
      else
        sendJSON(
          response,
          200,
          aggregated(kinds, route.legacy, version),
          `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
        );
      return;
    }
    case 'other':
      requireGet(request);
      await requireAccess(authorizer, user, { verb: 'get', path: url.pathname, group: '', resource: '' });
      if (url.pathname === '/openapi/v2') sendOpenAPIV2(request, response, options.openAPI);
      else sendText(response, 200, other(options, route.segments));
  }
}

function sendOpenAPIV2({ headers }: IncomingMessage, response: ServerResponse, openAPI: OpenAPI): void {
  const { json, protobuf } = openAPI.version2();
  // Older clients name the version after an @.
  if (headers.accept?.includes('proto-openapi.spec.v2') === true) sendBytes(response, 200, protobuf, OPENAPI_V2_PROTOBUF);
  else sendText(response, 200, json);
}

/** The ServiceAccount whose token a request carries. */
function accountOf({ headers }: IncomingMessage, tokens: ServiceAccountTokens): UserInfo | undefined {
  const token = /^Bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? undefined : tokens.verify(token)?.user;
}

function requireGet({ method }: IncomingMessage): void {
  if (method !== 'GET' && method !== 'HEAD')
    throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

function other({ openAPI, version }: Parts, segments: readonly string[]): string {
  const [first, second, third, ...rest] = segments;
  if (segments.length === 0)
    return JSON.stringify({
      paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'],
    });
  if (first === 'version' && segments.length === 1) return JSON.stringify(versionInfo(version));
  if (first === 'openapi' && second === 'v3') {
    if (third === undefined) return JSON.stringify(openAPI.index());
    const document = openAPI.document(rest.join('/'));
    if (document !== undefined) return document;
  }
  throw new ApiError('NotFound', 'the server could not find the requested resource');
}

/** The version of Kubernetes whose API is spoken; clients decide by it what to expect. What follows a `+` says whose it is. */
function versionInfo(version: string): object {
  const [major = '1', minor = '32'] = version.replace(/^v/, '').split('.');
  return {
    major,
    minor,
    gitVersion: version,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: 'none',
    compiler: 'node',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
