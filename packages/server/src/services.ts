import { Promotion, Stage, ulidGenerator, type Kind, type KubeObject } from '@kargo/api';
import { deliveryLog, eventRecorder, type DeliveryLog, type EventRecorder } from '@kargo/controllers';
import type { Client, Log } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { Access } from './access/access.ts';
import { authorizedClient } from './access/authorized-client.ts';
import { ClaimsIndex } from './access/claims-index.ts';
import { requireHeld, requireHeldByAccount } from './access/escalation.ts';
import { actorOf, type AccountKey, type Identity } from './auth/identity.ts';
import type { WatchStream } from './http/sse.ts';
import { FreightOrder } from './indexes/freight-order.ts';
import { HttpError } from './http/http-error.ts';
import type { RestServerConfig } from './options.ts';

/** What routes work with. */
export interface Services {
  config: RestServerConfig;
  log: Log;
  /** The server's own client. */
  privileged: Client;
  events: EventRecorder;
  /** What webhook receivers got. */
  deliveries: DeliveryLog;
  access: Access;
  /** Which ServiceAccounts stand for whom. */
  claims: ClaimsIndex;
  /** What streams have in common. */
  streaming: Pick<WatchStream<KubeObject>, 'clock' | 'textOf' | 'onOpen'>;
  /** Freight in the order of its discovery. */
  freight: FreightOrder;
  /** Who makes the request. */
  identity(request: FastifyRequest): Identity;
  /** A client that acts for the caller, within what the caller may do. */
  clientFor(request: FastifyRequest): Client;
  /** Who makes the request, as text. */
  actor(request: FastifyRequest): string;
  /** Fails with `Forbidden` unless the caller may do `verb` on the object. */
  require(
    request: FastifyRequest,
    verb: string,
    kind: Pick<Kind, 'group' | 'plural'>,
    key: { namespace?: string | undefined; name?: string | undefined },
  ): Promise<void>;
  /** Fails with `Forbidden` if the object would give away what the caller does not have. */
  requireHeld(request: FastifyRequest, object: KubeObject): Promise<void>;
  /** Fails with `Forbidden` unless the caller may do everything that the ServiceAccount may do. */
  requireHeldBy(request: FastifyRequest, account: AccountKey): Promise<void>;
  /** Whether admission knows the caller only as this server: then the server must tell the events that admission would. */
  actsForCaller(request: FastifyRequest): boolean;
}

export function createServices(config: RestServerConfig): Services {
  const { privileged, clock, random, authorizer } = config;
  const log = config.log.child({ component: 'api' });
  const ulid = ulidGenerator({ now: () => clock.now(), random: () => random.next() });
  const globalNamespaces = new Set([config.namespaces.kargo, ...(config.auth.globalServiceAccountNamespaces ?? [])]);
  const access = new Access({ authorizer, globalNamespaces });
  const held = (identity: Identity, object: KubeObject): Promise<void> =>
    requireHeld(identity, object, { access, reader: privileged });
  const mustPromote = async (
    identity: Identity,
    { namespace, name = '' }: { namespace?: string | undefined; name?: string | undefined },
    promotion: Promotion | undefined,
  ): Promise<void> => {
    const { spec } = promotion ?? (await privileged.get(Promotion, { namespace, name }));
    // What names no Stage is refused by validation.
    const stage = (spec as Partial<Promotion['spec']> | undefined)?.stage;
    if (typeof stage === 'string' && stage !== '') await access.require(identity, 'promote', Stage, { namespace, name: stage });
  };
  return {
    config,
    log,
    privileged,
    events: eventRecorder({ client: privileged, clock, random, log, component: 'api', told: config.toldEvents }),
    deliveries: deliveryLog({ client: privileged, clock, log, ulid }),
    access,
    claims: new ClaimsIndex({ client: privileged, clock, log, globalNamespaces }),
    streaming: streaming(config),
    freight: new FreightOrder({ client: privileged, clock, log }),
    identity: identityOf,
    clientFor(request) {
      const identity = identityOf(request);
      if (identity.kind === 'admin' || identity.kind === 'local') return privileged;
      // The API knows users of its own; people it knows only through this server.
      const client = identity.kind === 'kubernetes' ? config.client(identity.user) : privileged;
      return authorizedClient(client, {
        may: (verb, kind, key, subresource) => access.require(identity, verb, kind, key, subresource),
        async mayWrite(kind, key, object) {
          if (object !== undefined) await held(identity, object);
          // Admission asks this of users of the API, and does not know people.
          if (identity.kind === 'person' && kind.plural === Promotion.plural)
            await mustPromote(identity, key, object as Promotion | undefined);
        },
      });
    },
    actor: (request) => actorOf(identityOf(request)),
    require: (request, verb, kind, key) => access.require(identityOf(request), verb, kind, key),
    requireHeld: (request, object) => held(identityOf(request), object),
    requireHeldBy: (request, account) => requireHeldByAccount(identityOf(request), account, { access, reader: privileged }),
    actsForCaller: (request) => identityOf(request).kind !== 'kubernetes',
  };
}

function streaming({ clock, metrics }: RestServerConfig): Services['streaming'] {
  const texts = new WeakMap<object, string>();
  let open = 0;
  return {
    clock,
    textOf(object) {
      const known = texts.get(object);
      if (known !== undefined) return known;
      const text = JSON.stringify(object);
      // Frozen objects are the store's own, which every watcher of the same change is given.
      if (Object.isFrozen(object)) texts.set(object, text);
      return text;
    },
    onOpen(by) {
      open += by;
      metrics?.streams(open);
    },
  };
}

function identityOf(request: FastifyRequest): Identity {
  // Only routes without authentication have no identity, and they act for nobody.
  if (request.identity === undefined)
    throw new HttpError(500, 'programmer error: a route that acts for its caller is open to all');
  return request.identity;
}
