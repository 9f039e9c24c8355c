import { labels, Namespace, ServiceAccount } from '@kargo/api';
import type { Client, Clock, Log } from '@kargo/kube';
import type { AccountKey } from '../auth/identity.ts';
import { ObjectIndex } from '../indexes/object-index.ts';
import { claimsOf, type Claims } from './claims.ts';

export interface ClaimsIndexOptions {
  client: Pick<Client, 'list' | 'watch'>;
  clock: Clock;
  log: Log;
  /** Namespaces besides those of Projects whose ServiceAccounts count. */
  globalNamespaces: ReadonlySet<string>;
}

/** Which ServiceAccounts stand for whom: by claim and value, kept up to date. */
export class ClaimsIndex {
  readonly #byClaim = new Map<string, Set<AccountKey>>();
  readonly #keys = new Map<string, AccountKey>();
  readonly #projects = new Set<string>();
  readonly #options: ClaimsIndexOptions;
  readonly #accounts: ObjectIndex<ServiceAccount>;
  readonly #namespaces: ObjectIndex<Namespace>;

  constructor(options: ClaimsIndexOptions) {
    this.#options = options;
    this.#accounts = new ObjectIndex({
      ...options,
      kind: ServiceAccount,
      onChange: (before, after) => {
        if (before !== undefined) this.#file(before, false);
        if (after !== undefined) this.#file(after, true);
      },
    });
    this.#namespaces = new ObjectIndex({
      ...options,
      kind: Namespace,
      onChange: (before, after) => {
        const name = (after ?? before)?.metadata.name ?? '';
        if (after?.metadata.labels?.[labels.project] === 'true') this.#projects.add(name);
        else this.#projects.delete(name);
      },
    });
  }

  /** ServiceAccounts in Projects and global namespaces that one of the claims leads to, sorted. */
  async accountsOf(claims: Claims): Promise<AccountKey[]> {
    await Promise.all([this.#accounts.synced(), this.#namespaces.synced()]);
    const found = new Set<AccountKey>();
    for (const [claim, values] of Object.entries(claims))
      for (const value of values) for (const account of this.#byClaim.get(`${claim}\0${value}`) ?? []) found.add(account);
    return [...found]
      .filter(({ namespace }) => this.#projects.has(namespace) || this.#options.globalNamespaces.has(namespace))
      .toSorted((a, b) => (`${a.namespace}/${a.name}` < `${b.namespace}/${b.name}` ? -1 : 1));
  }

  async close(): Promise<void> {
    await Promise.all([this.#accounts.close(), this.#namespaces.close()]);
  }

  #file({ metadata }: ServiceAccount, present: boolean): void {
    const { namespace = '', name = '' } = metadata;
    const text = `${namespace}/${name}`;
    const key = this.#keys.get(text) ?? { namespace, name };
    this.#keys.set(text, key);
    for (const [claim, values] of Object.entries(claimsOf(metadata)))
      for (const value of values) {
        const where = `${claim}\0${value}`;
        const filed = this.#byClaim.get(where) ?? new Set();
        if (present) filed.add(key);
        else filed.delete(key);
        if (filed.size === 0) this.#byClaim.delete(where);
        else this.#byClaim.set(where, filed);
      }
  }
}
