/** Who is signed in, kept in the browser. Several tabs share it. */
const KEY = 'auth_token';

export interface Session {
  token: string | undefined;
}

type Listener = () => void;

/** The session of this browser. Listeners hear of changes in this tab and in others. */
export class SessionStore {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly #listeners = new Set<Listener>();

  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>) {
    this.#storage = storage;
  }

  get token(): string | undefined {
    return this.#storage.getItem(KEY) ?? undefined;
  }

  signIn(token: string): void {
    this.#storage.setItem(KEY, token);
    this.changed();
  }

  signOut(): void {
    this.#storage.removeItem(KEY);
    this.changed();
  }

  /** Tells the listeners; also called when another tab has changed the session. */
  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  subscribe = (listener: Listener): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
