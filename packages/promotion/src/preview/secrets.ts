import type { Json } from '@kargo/api';
import { redact, type Credentials } from '@kargo/integrations';

/** Shorter values are hidden only where they stand alone: as part of longer words they would be found by accident everywhere. */
const SHORT = 4;
const MASK = '*****';

/** Every secret that a preview has come across, so that none of them leaves it. */
export class SecretsSeen {
  readonly #secrets = new Set<string>();
  #short: RegExp | undefined;
  #sorted: string[] | undefined;

  /** Takes note of a secret, of its lines and of the ways it can be spelled in JSON. */
  add(secret: string | undefined): void {
    if (secret === undefined) return;
    const lines = secret.split(/\r?\n/).flatMap((line) => [line, line.trim()]);
    // Diffs and documents show a secret of several lines line by line; brackets alone in a line give nothing away.
    const parts = [secret, secret.trim(), ...lines.filter((line) => line.length >= SHORT)];
    for (const part of parts) {
      if (!/[\p{L}\p{N}]/u.test(part) && part.length < SHORT) continue;
      this.#secrets.add(part);
      this.#secrets.add(JSON.stringify(part).slice(1, -1));
      this.#secrets.add(part.replaceAll("'", "''"));
    }
    this.#sorted = undefined;
    this.#short = undefined;
  }

  /** `text` without any secret that was seen. */
  hide(text: string): string {
    this.#sorted ??= [...this.#secrets].filter((secret) => secret.length >= SHORT);
    const shown = redact(text, this.#sorted);
    const short = [...this.#secrets].filter((secret) => secret.length < SHORT);
    if (short.length === 0) return shown;
    this.#short ??= new RegExp(`(?<![\\p{L}\\p{N}])(?:${short.map(RegExp.escape).join('|')})(?![\\p{L}\\p{N}])`, 'gu');
    return shown.replace(this.#short, MASK);
  }

  /** A copy of `value` in which no text, key or scalar shows a secret. */
  hideIn<T extends Json | undefined>(value: T): T {
    if (typeof value === 'string') return this.hide(value) as T;
    if (typeof value === 'number' || typeof value === 'boolean') {
      const text = this.hide(String(value));
      return (text === String(value) ? value : text) as T;
    }
    if (Array.isArray(value)) return value.map((item) => this.hideIn(item)) as unknown as T;
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.hide(key), this.hideIn(item as Json)])) as T;
  }
}

/** Credentials whose secrets are taken note of. */
export function watchedCredentials(credentials: Credentials, secrets: SecretsSeen): Credentials {
  return {
    async find(query) {
      const found = await credentials.find(query);
      secrets.add(found?.password);
      secrets.add(found?.sshPrivateKey);
      return found;
    },
  };
}
