/** What was typed and not yet saved, kept in this browser so that nothing that happens to the page loses it. Never for secrets. */

const PREFIX = 'draft:';
/** Milliseconds after which a draft is forgotten: 30 days. */
const OLDEST = 30 * 24 * 60 * 60 * 1000;

export interface Draft {
  text: string;
  /** What it began as: the text, and the version of the object if there was one. */
  base: string;
  version?: string | undefined;
  /** Epoch milliseconds. */
  savedAt: number;
}

type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export function readDraft(storage: DraftStorage, key: string, now: number): Draft | undefined {
  try {
    const draft = JSON.parse(storage.getItem(PREFIX + key) ?? 'null') as Partial<Draft> | null;
    if (typeof draft?.text !== 'string' || typeof draft.base !== 'string' || typeof draft.savedAt !== 'number') return undefined;
    return now - draft.savedAt > OLDEST ? undefined : (draft as Draft);
  } catch {
    // Something else wrote there.
    return undefined;
  }
}

/** Whether it could be kept: a browser may have no room, or refuse. */
export function keepDraft(storage: DraftStorage, key: string, draft: Draft): boolean {
  try {
    storage.setItem(PREFIX + key, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** Forgets all that was typed and not saved, as who comes next in this browser is somebody else; or only what is kept `below`. */
export function dropDrafts(storage: Pick<Storage, 'removeItem' | 'key' | 'length'>, below = ''): void {
  const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index) ?? '');
  for (const key of keys) if (key.startsWith(PREFIX + below)) storage.removeItem(key);
}

export function dropDraft(storage: DraftStorage, key: string): void {
  storage.removeItem(PREFIX + key);
}
