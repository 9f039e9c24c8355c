import type { Kind, KubeObject, ObjectKey } from '@kargo/api';
import { ApiError, apiVersionOf, isReason } from '@kargo/api';
import { eventRecorder, type EventRecorder } from '@kargo/controllers';
import type { Client, Log } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { authorizedClient, mustBeAllowed } from './access/authorized-client.ts';
import { actorOf, type Identity } from './auth/identity.ts';
import { HttpError } from './http/http-error.ts';
import type { RestServerConfig } from './options.ts';

/** What routes work with. */
export interface Services {
  config: RestServerConfig;
  log: Log;
  /** The server's own client. */
  privileged: Client;
  events: EventRecorder;
  /** A client that acts for the caller, within what the caller may do. */
  clientFor(request: FastifyRequest): Client;
  /** Who makes the request, as text. */
  actor(request: FastifyRequest): string;
  /** Fails with `Forbidden` unless the caller may do `verb` on the object. */
  require(
    request: FastifyRequest,
    verb: string,
    kind: Kind<never> | Kind<KubeObject>,
    key: { namespace?: string | undefined; name?: string | undefined },
  ): Promise<void>;
  /** Whether admission knows the caller only as this server: then the server must tell the events that admission would. */
  actsForCaller(request: FastifyRequest): boolean;
}

export function createServices(config: RestServerConfig): Services {
  const { privileged, clock, random } = config;
  const log = config.log.child({ component: 'api' });
  return {
    config,
    log,
    privileged,
    events: eventRecorder({ client: privileged, clock, random, log, component: 'api' }),
    clientFor(request) {
      const identity = identityOf(request);
      return identity.kind === 'kubernetes'
        ? authorizedClient(config.client(identity.user), identity.user, config.authorizer)
        : privileged;
    },
    actor: (request) => actorOf(identityOf(request)),
    async require(request, verb, kind, key) {
      const identity = identityOf(request);
      if (identity.kind === 'kubernetes') await mustBeAllowed(config.authorizer, identity.user, verb, kind, key);
    },
    actsForCaller: (request) => identityOf(request).kind !== 'kubernetes',
  };
}

/** Reads one object; an object that is missing is named by its Kind, as clients of this API know it. */
export async function readOne<T extends KubeObject>(client: Client, kind: Kind<T>, key: ObjectKey): Promise<T> {
  try {
    return await client.get(kind, key);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    const group = kind.group === '' ? '' : `.${kind.group}`;
    throw new ApiError('NotFound', `${kind.kind}${group} "${key.name}" not found`, { details: error.details, cause: error });
  }
}

/** The object, or undefined if there is none. */
export async function findOne<T extends KubeObject>(client: Client, kind: Kind<T>, key: ObjectKey): Promise<T | undefined> {
  try {
    return await client.get(kind, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** `apiVersion` and `kind` of a new object. */
export function typeOf(kind: Kind<never> | Kind<KubeObject>): { apiVersion: string; kind: string } {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind };
}

function identityOf(request: FastifyRequest): Identity {
  // Only routes without authentication have no identity, and they act for nobody.
  if (request.identity === undefined)
    throw new HttpError(500, 'programmer error: a route that acts for its caller is open to all');
  return request.identity;
}
