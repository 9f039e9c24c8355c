import { forbidden, type Kind } from '@kargo/api';
import type { AccessAttributes, Authorizer, UserInfo } from '@kargo/kube';
import type { AccountKey, Identity } from '../auth/identity.ts';

/** An answer to "may they", with what it rests on. */
export interface Decision {
  allowed: boolean;
  /** For people: which rule allows, or why none does. */
  reason: string;
}

/** One subject that was asked about, and the answer. */
export interface SubjectDecision extends Decision {
  subject: string;
}

export interface AccessOptions {
  /** Without one, only the administrator may do anything. */
  authorizer: Authorizer | undefined;
  /** Namespaces whose ServiceAccounts count in every Project. */
  globalNamespaces: ReadonlySet<string>;
}

type KindName = Pick<Kind, 'group' | 'plural'>;
type PartialKey = { namespace?: string | undefined; name?: string | undefined };

/** Decides what callers may do, by asking the authorizer about everybody the caller acts as. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  /** Whether the identity may do that. */
  async decide(identity: Identity, attributes: AccessAttributes): Promise<Decision> {
    if (identity.kind === 'admin') return { allowed: true, reason: 'the administrator may do everything' };
    if (identity.kind === 'local') return { allowed: true, reason: 'this server asks nobody who they are' };
    let reason: string | undefined;
    for (const user of this.#subjects(identity, attributes)) {
      const answer = await this.#ask(user, attributes);
      if (answer.allowed) return answer;
      reason ??= answer.reason;
    }
    return { allowed: false, reason: reason ?? this.#whyNobody(identity, attributes) };
  }

  /** Every subject that counts for the decision, with its answer. */
  async explain(identity: Identity, attributes: AccessAttributes): Promise<SubjectDecision[]> {
    if (identity.kind === 'admin' || identity.kind === 'local')
      return [{ subject: identity.kind, ...(await this.decide(identity, attributes)) }];
    const out: SubjectDecision[] = [];
    for (const user of this.#subjects(identity, attributes))
      out.push({ subject: user.username, ...(await this.#ask(user, attributes)) });
    return out;
  }

  /** Fails with `Forbidden` unless the identity may do `verb` there. */
  async require(identity: Identity, verb: string, kind: KindName, key: PartialKey, subresource?: string): Promise<void> {
    const { allowed } = await this.decide(identity, attributesOf(verb, kind, key, subresource));
    if (allowed) return;
    const what = subresource === undefined ? kind : { ...kind, plural: `${kind.plural}/${subresource}` };
    throw forbidden(what as Kind, { name: key.name ?? '' }, `${verb} is not permitted`);
  }

  async #ask(user: UserInfo, attributes: AccessAttributes): Promise<Decision> {
    const answer = await this.#options.authorizer?.authorize(user, attributes);
    if (answer === undefined) return { allowed: false, reason: 'this server knows no roles' };
    const nothing = `no role that is bound to ${user.username} allows it`;
    return { allowed: answer.allowed, reason: answer.reason ?? (answer.allowed ? 'the API allows it' : nothing) };
  }

  *#subjects(identity: Identity, attributes: AccessAttributes): Generator<UserInfo> {
    if (identity.kind === 'kubernetes') yield identity.user;
    if (identity.kind !== 'person') return;
    for (const account of identity.accounts) if (this.#counts(account, attributes)) yield accountUser(account);
  }

  /** Roles of a Project count in its namespace and for the Project itself; global ones everywhere. */
  #counts({ namespace }: AccountKey, { namespace: where, resource, name }: AccessAttributes): boolean {
    if (this.#options.globalNamespaces.has(namespace)) return true;
    return namespace === where || (resource === 'projects' && namespace === name);
  }

  #whyNobody(identity: Identity, { namespace }: AccessAttributes): string {
    if (identity.kind !== 'person') return 'nothing allows it';
    if (identity.accounts.length === 0) return 'no role has claims of this user';
    return `no role ${namespace === undefined ? 'of the system' : `in ${namespace} or of the system`} has claims of this user`;
  }
}

/** What an authorizer is asked. */
export function attributesOf(verb: string, kind: KindName, key: PartialKey, subresource?: string): AccessAttributes {
  const { group, plural: resource } = kind;
  return { verb, group, resource, subresource, namespace: key.namespace, name: key.name };
}

/** A ServiceAccount as the authorizer knows it. */
export function accountUser({ namespace, name }: AccountKey): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
