const MASK = '*****';

/** Replaces secrets in text that arrives in pieces. What might be the beginning of a secret is held back until more arrives. */
export interface Redactor {
  /** Takes more text, returns what can be shown of it now. */
  push(text: string): string;
  /** Returns what was held back, at the end of the text. */
  end(): string;
}

/** A redactor for `secrets`; their URL-encoded and base64 forms are hidden as well. Empty secrets are ignored. */
export function redactor(secrets: readonly string[] = []): Redactor {
  const needles = spellings(secrets);
  let held = '';
  return {
    push(text) {
      if (needles.length === 0) return text;
      held = replaceAll(held + text, needles);
      const keep = heldBack(held, needles);
      const shown = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return shown;
    },
    end() {
      const rest = held;
      held = '';
      return rest;
    },
  };
}

/** `text` with every secret (also URL-encoded or base64) replaced by `*****`, and user information removed from URLs. */
export function redact(text: string, secrets: readonly string[] = []): string {
  return withoutUserInfo(replaceAll(text, spellings(secrets)));
}

/** Hides user names and passwords in URLs within `text`. */
export function withoutUserInfo(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@'"]*:[^\s/@'"]*@/gi, `$1${MASK}@`);
}

function spellings(secrets: readonly string[]): string[] {
  const out = new Set<string>();
  for (const secret of secrets) {
    if (secret === '') continue;
    out.add(secret);
    out.add(encodeURIComponent(secret.toWellFormed()));
    // Shorter ones could be found by accident in any encoded text.
    if (secret.length >= 6) out.add(Buffer.from(secret).toString('base64'));
  }
  // Longest first: a secret that contains another one must go as a whole.
  return [...out].sort((a, b) => b.length - a.length);
}

function replaceAll(text: string, needles: readonly string[]): string {
  let out = text;
  for (const needle of needles) out = out.replaceAll(needle, MASK);
  return out;
}

/** Length of the longest end of `text` that begins, but does not complete, a needle. */
function heldBack(text: string, needles: readonly string[]): number {
  let longest = 0;
  for (const needle of needles) {
    for (let length = Math.min(needle.length - 1, text.length); length > longest; length -= 1) {
      if (text.endsWith(needle.slice(0, length))) {
        longest = length;
        break;
      }
    }
  }
  return longest;
}
