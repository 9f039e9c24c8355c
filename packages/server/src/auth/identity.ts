import { ADMIN_ACTOR, kubernetesActor, UNKNOWN_ACTOR } from '@kargo/api';
import type { UserInfo } from '@kargo/kube';

/** Who makes a request. `admin` and `local` may do everything; a Kubernetes user what the authorizer allows. */
export type Identity = { kind: 'admin' } | { kind: 'local' } | { kind: 'kubernetes'; user: UserInfo };

/** The identity as it stands in annotations and events. */
export function actorOf(identity: Identity): string {
  switch (identity.kind) {
    case 'admin':
      return ADMIN_ACTOR;
    case 'local':
      return UNKNOWN_ACTOR;
    case 'kubernetes':
      return kubernetesActor(identity.user.username);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication; absent on routes that need none. */
    identity: Identity | undefined;
  }
}
