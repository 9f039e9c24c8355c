/** Who is signed in, kept in the browser. Several tabs share it. */
import { claimsOfToken } from './token.ts';

const KEY = 'auth_token';
const RENEWAL = 'refresh_token';

type Listener = () => void;

/** The session of this browser. Listeners hear of changes in this tab and in others. */
export class SessionStore {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly #listeners = new Set<Listener>();
  #isOver = false;

  /** A token that is over at `now` (epoch milliseconds) is forgotten, unless it can be renewed. */
  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, now: number) {
    this.#storage = storage;
    const token = this.token;
    const end = token === undefined ? undefined : claimsOfToken(token).exp;
    if (end !== undefined && end * 1000 <= now && this.renewal === undefined) storage.removeItem(KEY);
  }

  get token(): string | undefined {
    return this.#storage.getItem(KEY) ?? undefined;
  }

  /** What renews the token, if the identity provider gave one. */
  get renewal(): string | undefined {
    return this.#storage.getItem(RENEWAL) ?? undefined;
  }

  /** Whether the session ended by itself: the page stays, and whoever was there is asked to sign in again. */
  get isOver(): boolean {
    return this.#isOver && this.token === undefined;
  }

  signIn(token: string, renewal?: string): void {
    this.#isOver = false;
    if (renewal === undefined) this.#storage.removeItem(RENEWAL);
    else this.#storage.setItem(RENEWAL, renewal);
    this.#storage.setItem(KEY, token);
    this.changed();
  }

  signOut(): void {
    this.#isOver = false;
    this.#forget();
  }

  /** The server does not take the token any more. */
  end(): void {
    this.#isOver = true;
    this.#forget();
  }

  #forget(): void {
    this.#storage.removeItem(KEY);
    this.#storage.removeItem(RENEWAL);
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
