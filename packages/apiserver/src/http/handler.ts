import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { ApiError } from '@kargo/api';
import type { Authorizer, Clock, Log, UserInfo } from '@kargo/kube';
import type { Registry } from '../registry/registry.ts';
import { contentType, decode, readBody } from './body.ts';
import { aggregated, discovery } from './discovery.ts';
import { aggregatedDiscovery } from './negotiation.ts';
import { OpenAPI } from './openapi.ts';
import { ResourceHandler } from './resource-handler.ts';
import { sendError, sendJSON, sendText } from './responses.ts';
import { answerReview } from './reviews.ts';
import { routeOf } from './route.ts';

/** Who sends a request; undefined refuses it with 401. */
export type Authenticate = (request: IncomingMessage) => UserInfo | undefined | Promise<UserInfo | undefined>;

export interface HandlerOptions {
  registry: Registry;
  authenticate: Authenticate;
  authorizer: Authorizer;
  clock: Clock;
  log: Log;
  version: string;
}

type Parts = HandlerOptions & { resources: ResourceHandler; openAPI: OpenAPI };

/** Speaks the Kubernetes wire protocol. Every failure is answered with a `Status`. */
export function requestHandler(options: HandlerOptions): RequestListener {
  const resources = new ResourceHandler(options.registry, options.authorizer, options.clock);
  const openAPI = new OpenAPI(options.registry.kinds);
  const parts = { ...options, resources, openAPI };
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
  const user = await options.authenticate(request);
  if (user === undefined) throw new ApiError('Unauthorized', 'Unauthorized');
  const { kinds } = options.registry;
  const route = routeOf(url.pathname, kinds);
  switch (route.kind) {
    case 'resource':
      return options.resources.handle({ request, response, route, query: url.searchParams, user });
    case 'review': {
      if (request.method !== 'POST')
        throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
      const body = decode(await readBody(request), contentType(request));
      sendJSON(response, 201, await answerReview(route.review, body, user, options.authorizer));
      return;
    }
    case 'discovery': {
      requireGet(request);
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
      sendText(response, 200, other(options, route.segments));
  }
}

function requireGet({ method }: IncomingMessage): void {
  if (method !== 'GET' && method !== 'HEAD')
    throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
}

function other({ openAPI, version }: Parts, segments: readonly string[]): string {
  const [first, second, third, ...rest] = segments;
  if (segments.length === 0)
    return JSON.stringify({ paths: ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/openapi/v3', '/readyz', '/version'] });
  if (first === 'version' && segments.length === 1) return JSON.stringify(versionInfo(version));
  if (first === 'openapi' && second === 'v3') {
    if (third === undefined) return JSON.stringify(openAPI.index());
    const document = openAPI.document(rest.join('/'));
    if (document !== undefined) return document;
  }
  throw new ApiError('NotFound', 'the server could not find the requested resource');
}

/** The version of Kubernetes whose API is spoken; clients decide by it what to expect. */
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
