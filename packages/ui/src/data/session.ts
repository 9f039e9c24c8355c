/** Who is signed in, kept in the browser. Several tabs share it. */
import { claimsOfToken, ownerOf } from './token.ts';

const KEY = 'auth_token';
const RENEWAL = 'refresh_token';
/** Whose things are kept in the browser, also while nobody is signed in. */
const OWNER = 'kept_for';

type Listener = () => void;

/** The session of this browser. Listeners hear of changes in this tab and in others. */
export class SessionStore {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly #listeners = new Set<Listener>();
  readonly #forgetTyped: () => void;
  #isOver = false;

  /**
   * A token that is over at `now` (epoch milliseconds) is forgotten, unless it can be renewed. `forgetTyped` is called when what was typed
   * and not saved is nothing for who comes next: somebody has signed out, or somebody else signs in.
   */
  constructor(
    storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    now: number,
    forgetTyped: () => void = () => undefined,
  ) {
    this.#storage = storage;
    this.#forgetTyped = forgetTyped;
    const token = this.token;
    const end = token === undefined ? undefined : claimsOfToken(token).exp;
    if (end !== undefined && end * 1000 <= now && this.renewal === undefined) storage.removeItem(KEY);
  }

  get token(): string | undefined {
    return this.#storage.getItem(KEY) ?? undefined;
  }

  /** Who was signed in last and did not sign out. */
  get owner(): string | undefined {
    return this.#storage.getItem(OWNER) ?? undefined;
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
    const owner = nameOfOwner(token);
    if (this.owner !== undefined && this.owner !== owner) this.#forgetTyped();
    this.#storage.setItem(OWNER, owner);
    if (renewal === undefined) this.#storage.removeItem(RENEWAL);
    else this.#storage.setItem(RENEWAL, renewal);
    this.#storage.setItem(KEY, token);
    this.changed();
  }

  signOut(): void {
    this.#isOver = false;
    this.#storage.removeItem(OWNER);
    this.#forgetTyped();
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

/** Tells people apart without keeping a token that says nothing of whose it is. */
function nameOfOwner(token: string): string {
  const owner = ownerOf(token);
  if (owner !== token) return owner;
  let sum = 0;
  for (const character of token) sum = (Math.imul(sum, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return `token ${sum}`;
}
