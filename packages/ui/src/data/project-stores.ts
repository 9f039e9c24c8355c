/** What is known of the projects that somebody has looked at. */
import { ProjectStore, type StoreEnvironment } from './project-store.ts';
import { ownerOf } from './token.ts';

/** Most projects of which anything is kept while nobody looks at them. */
const MOST = 20;

/** One store a project, kept so that going back shows at once what was known. What one person was shown is nothing for the next. */
export class ProjectStores {
  readonly #environment: StoreEnvironment;
  readonly #session: { readonly token: string | undefined };
  /** The one asked for last is last. */
  readonly #stores = new Map<string, ProjectStore>();
  #owner: string | undefined;

  constructor(session: { readonly token: string | undefined }, environment: StoreEnvironment) {
    this.#session = session;
    this.#environment = environment;
  }

  /** The store of a project; the same one while the same person is signed in and somebody looks at it. */
  of(project: string): ProjectStore {
    const { token } = this.#session;
    const owner = token === undefined ? this.#owner : ownerOf(token);
    if (owner !== this.#owner) {
      this.#stores.clear();
      this.#owner = owner;
    }
    const store = this.#stores.get(project) ?? new ProjectStore(project, this.#environment);
    this.#stores.delete(project);
    this.#stores.set(project, store);
    for (const [name, each] of this.#stores) {
      if (this.#stores.size <= MOST) break;
      if (each !== store && !each.isWatched) this.#stores.delete(name);
    }
    return store;
  }

  /** All that wait to try again do so now. */
  retry(): void {
    for (const store of this.#stores.values()) store.retry();
  }
}
