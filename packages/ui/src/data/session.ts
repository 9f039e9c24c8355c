/** Who is signed in, kept in the browser. Several tabs share it. */
import { claimsOfToken, ownerOf } from './token.ts';

const KEY = 'auth_token';
const RENEWAL = 'refresh_token';
/** Whose things are kept in the browser, also while nobody is signed in. */
const OWNER = 'kept_for';

type Listener = () => void;

/** What becomes of a page and of what it keeps when people change. */
export interface Farewell {
  /** What was typed and not saved is nothing for who comes next: somebody has signed out, or somebody else signs in. */
  forgetTyped(): void;
  /** What the page shows and holds is somebody else's than whose the session is now. */
  startOver(): void;
}

/** The session of this browser. Listeners hear of changes in this tab and in others. */
export class SessionStore {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly #listeners = new Set<Listener>();
  readonly #farewell: Farewell | undefined;
  /** For whom this page was last. */
  #shownTo: string | undefined;
  #isOver = false;

  /** A token that is over at `now` (epoch milliseconds) is forgotten, unless it can be renewed. */
  constructor(storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>, now: number, farewell?: Farewell) {
    this.#storage = storage;
    this.#farewell = farewell;
    const token = this.token;
    const end = token === undefined ? undefined : claimsOfToken(token).exp;
    if (end !== undefined && end * 1000 <= now && this.renewal === undefined) storage.removeItem(KEY);
    this.#shownTo = this.#person;
  }

  get token(): string | undefined {
    return this.#storage.getItem(KEY) ?? undefined;
  }

  /** Whose the session is; undefined if nobody is signed in. */
  get #person(): string | undefined {
    const { token } = this;
    return token === undefined ? undefined : (this.#storage.getItem(OWNER) ?? nameOfOwner(token));
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
    // Whoever was signed in last and did not sign out.
    const before = this.#storage.getItem(OWNER);
    if (before !== null && before !== owner) this.#farewell?.forgetTyped();
    this.#storage.setItem(OWNER, owner);
    if (renewal === undefined) this.#storage.removeItem(RENEWAL);
    else this.#storage.setItem(RENEWAL, renewal);
    this.#storage.setItem(KEY, token);
    this.changed();
  }

  signOut(): void {
    this.#isOver = false;
    this.#shownTo = undefined;
    this.#storage.removeItem(OWNER);
    this.#farewell?.forgetTyped();
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
    const before = this.#shownTo;
    this.#shownTo = this.#person ?? before;
    // A tab that slept while one person left and another came hears of both at once, and still shows what the first one typed.
    if (before !== undefined && before !== this.#shownTo) this.#farewell?.startOver();
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
