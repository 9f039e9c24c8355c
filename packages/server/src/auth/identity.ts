import { ADMIN_ACTOR, kubernetesActor, UNKNOWN_ACTOR } from '@kargo/api';
import type { UserInfo } from '@kargo/kube';

/** A ServiceAccount that stands for a role. */
export interface AccountKey {
  namespace: string;
  name: string;
}

/** Somebody whom an identity provider vouches for. */
export interface PersonIdentity {
  kind: 'person';
  /** `<claim>:<value>`, as it stands in annotations and events. */
  actor: string;
  /** Texts of each claim of the token. */
  claims: Readonly<Record<string, readonly string[]>>;
  /** ServiceAccounts whose claims the person has: the person may do what any of them may. */
  accounts: readonly AccountKey[];
}

/**
 * Who makes a request. `admin` and `local` may do everything; a Kubernetes user what the authorizer allows; a person what the
 * ServiceAccounts that the person's claims lead to are allowed.
 */
export type Identity = { kind: 'admin' } | { kind: 'local' } | { kind: 'kubernetes'; user: UserInfo } | PersonIdentity;

/** The identity as it stands in annotations and events. */
export function actorOf(identity: Identity): string {
  switch (identity.kind) {
    case 'admin':
      return ADMIN_ACTOR;
    case 'local':
      return UNKNOWN_ACTOR;
    case 'kubernetes':
      return kubernetesActor(identity.user.username);
    case 'person':
      return identity.actor;
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by authentication; absent on routes that need none. */
    identity: Identity | undefined;
  }
}
