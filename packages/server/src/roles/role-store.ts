import { annotations, Role, RoleBinding, ServiceAccount, type Kind, type ObjectKey, type PolicyRule } from '@kargo/api';
import { clone, type Client } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { claimsOf, valuesOf, withClaims, type Claims } from '../access/claims.ts';
import { badRequest, HttpError } from '../http/http-error.ts';
import { findOne, typeOf } from '../objects.ts';
import type { Services } from '../services.ts';
import { resourcesOf, roleOf, type KargoRole, type RoleResources } from './role-view.ts';
import { groupFinder, normalRules, withoutRules } from './rules.ts';

const MANAGED = { [annotations.rbacManaged]: 'true' };

/** What a caller wants a role to be. */
export interface RoleDraft {
  namespace: string;
  name: string;
  description: string | undefined;
  claims: Claims;
  rules: readonly PolicyRule[];
}

/** Something that is given to a role or taken from it: claims of people, or rules. */
export type Grant = { claims: Claims } | { rules: readonly PolicyRule[] };

/** Roles of Kargo in one namespace, read and written for one caller. */
export class RoleStore {
  readonly #services: Services;
  readonly #request: FastifyRequest;
  readonly #client: Client;

  constructor(services: Services, request: FastifyRequest) {
    this.#services = services;
    this.#request = request;
    this.#client = services.clientFor(request);
  }

  /** All roles of a namespace, sorted by name. System roles are those with a label. */
  async list(namespace: string, labelSelector?: string): Promise<RoleResources[]> {
    const { items } = await this.#client.list(ServiceAccount, {
      namespace,
      ...(labelSelector === undefined ? {} : { labelSelector }),
    });
    const reader = this.#services.privileged;
    return Promise.all(
      items
        .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
        .map((account) => resourcesOf(account, reader)),
    );
  }

  /** Fails with 404. */
  async get(key: { namespace: string; name: string }): Promise<RoleResources> {
    return resourcesOf(await this.#client.get(ServiceAccount, key), this.#services.privileged);
  }

  /** Fails with 409 if any part of such a role exists. */
  async create(draft: RoleDraft): Promise<KargoRole> {
    const { namespace, name } = draft;
    for (const kind of [ServiceAccount, Role, RoleBinding])
      await this.#services.require(this.#request, 'create', kind, { namespace });
    const rules = this.#normal(draft.rules);
    for (const kind of [ServiceAccount, Role, RoleBinding] as unknown as readonly Kind[])
      if ((await findOne(this.#services.privileged, kind, { namespace, name })) !== undefined)
        throw new HttpError(
          409,
          `${kind.kind} "${name}" exists in namespace "${namespace}" already, so the role cannot be created`,
        );
    const role = roleObject({ namespace, name }, rules);
    // Refused as a whole before anything is written.
    await this.#services.requireHeld(this.#request, role);
    const account = await this.#client.create(ServiceAccount, accountObject(draft));
    await this.#client.create(Role, role);
    await this.#client.create(RoleBinding, bindingObject({ namespace, name }));
    return roleOf(await resourcesOf(account, this.#services.privileged));
  }

  /** Replaces claims, description and rules. Fails with 404, and with 400 for a role that Kargo does not manage. */
  async replace(draft: RoleDraft): Promise<KargoRole> {
    const { namespace, name, claims, description } = draft;
    const current = await this.#managed({ namespace, name });
    await this.#putRules(current, this.#normal(draft.rules));
    await this.#putAccount(current, (notes) => {
      const { [annotations.description]: _old, ...others } = withClaims(notes, claims);
      return description === undefined || description === '' ? others : { ...others, [annotations.description]: description };
    });
    return roleOf(await this.get({ namespace, name }));
  }

  /** Fails with 404, and with 400 for a role that Kargo does not manage. */
  async delete(key: { namespace: string; name: string }): Promise<void> {
    const { roles, roleBindings } = await this.#managed(key);
    // A role is deleted as a whole or not at all.
    for (const kind of [RoleBinding, Role, ServiceAccount]) await this.#services.require(this.#request, 'delete', kind, key);
    for (const { metadata } of roleBindings) await this.#client.delete(RoleBinding, { ...key, name: metadata.name ?? '' });
    for (const { metadata } of roles) await this.#client.delete(Role, { ...key, name: metadata.name ?? '' });
    await this.#client.delete(ServiceAccount, key);
  }

  /** Adds claims or rules. */
  async grant(key: { namespace: string; name: string }, grant: Grant): Promise<KargoRole> {
    const current = await this.#managed(key);
    if ('rules' in grant) {
      const held = current.roles.flatMap(({ rules = [] }) => rules);
      await this.#putRules(current, normalRules([...held, ...this.#normal(grant.rules)]));
    } else
      await this.#putAccount(current, (notes) => {
        const before = claimsOf({ annotations: notes });
        const names = new Set([...Object.keys(before), ...Object.keys(grant.claims)]);
        return withClaims(
          notes,
          Object.fromEntries([...names].map((name) => [name, [...valuesOf(before, name), ...valuesOf(grant.claims, name)]])),
        );
      });
    return roleOf(await this.get(key));
  }

  /** Takes claims or rules away. What is not there is gone already. */
  async revoke(key: { namespace: string; name: string }, grant: Grant): Promise<KargoRole> {
    const current = await this.#managed(key);
    if ('rules' in grant) {
      const held = normalRules(current.roles.flatMap(({ rules = [] }) => rules));
      if (current.roles.length > 0) await this.#putRules(current, withoutRules(held, this.#normal(grant.rules)));
    } else
      await this.#putAccount(current, (notes) => {
        const kept = Object.entries(claimsOf({ annotations: notes })).map(([name, values]): [string, string[]] => [
          name,
          values.filter((value) => !valuesOf(grant.claims, name).includes(value)),
        ]);
        return withClaims(notes, Object.fromEntries(kept));
      });
    return roleOf(await this.get(key));
  }

  #normal(rules: readonly PolicyRule[]): PolicyRule[] {
    return normalRules(rules, groupFinder(this.#services.config.kinds));
  }

  async #managed(key: { namespace: string; name: string }): Promise<RoleResources> {
    const found = await this.get(key);
    if (found.clusterRoles.length > 0)
      throw badRequest(`role "${key.name}" is bound to one or more ClusterRoles, so Kargo does not change it; use kubectl`);
    if (!roleOf(found).kargoManaged)
      throw badRequest(`role "${key.name}" is not managed by Kargo (annotation ${annotations.rbacManaged}); use kubectl`);
    return found;
  }

  async #putRules({ metadata, roles, roleBindings }: RoleResources, rules: PolicyRule[]): Promise<void> {
    const key = { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
    const [current] = roles;
    if (current === undefined) await this.#client.create(Role, roleObject(key, rules));
    else await this.#client.update(Role, { ...clone(current), rules });
    if (roleBindings.length === 0) await this.#client.create(RoleBinding, bindingObject(key));
  }

  async #putAccount(
    { serviceAccount }: RoleResources,
    change: (notes: Record<string, string> | undefined) => Record<string, string>,
  ): Promise<void> {
    const account = clone(serviceAccount);
    account.metadata.annotations = change(account.metadata.annotations);
    await this.#client.update(ServiceAccount, account);
  }
}

function roleObject({ namespace, name }: ObjectKey, rules: PolicyRule[]): Role {
  return { ...typeOf(Role), metadata: { namespace, name, annotations: { ...MANAGED } }, rules };
}

function bindingObject({ namespace = '', name }: ObjectKey): RoleBinding {
  return {
    ...typeOf(RoleBinding),
    metadata: { namespace, name, annotations: { ...MANAGED } },
    roleRef: { apiGroup: Role.group, kind: Role.kind, name },
    subjects: [{ kind: ServiceAccount.kind, namespace, name }],
  };
}

function accountObject({ namespace, name, claims, description }: RoleDraft): ServiceAccount {
  const notes = withClaims(MANAGED, claims);
  const described = description === undefined || description === '' ? {} : { [annotations.description]: description };
  return { ...typeOf(ServiceAccount), metadata: { namespace, name, annotations: { ...notes, ...described } } };
}
