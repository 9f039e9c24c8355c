import { apiVersionOf, ConfigMap, isReason } from '@kargo/api';
import type { Client, Clock, Log, Random } from '@kargo/kube';
import { matchesAudit, type AuditEntry, type AuditQuery, type AuditTrail } from './audit-trail.ts';

export interface SharedAuditTrailOptions {
  client: Pick<Client, 'list' | 'create' | 'update' | 'delete'>;
  /** Where the trail is kept. Whoever may write ConfigMaps there may change it. */
  namespace: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** Entries older than this are forgotten, in milliseconds. Default 90 days. */
  maxAge?: number | undefined;
  /** Bytes that are kept at most. Default 32 MiB. */
  maxBytes?: number | undefined;
}

const DAY = 86_400_000;
const KIB = 1024;
const MAX_BYTES = 32 * KIB * KIB;
const LABEL = 'kargo.akuity.io/audit-trail';
const KEY = 'entries.jsonl';
/** Bytes that a part takes besides its entries, generously: a server that starts over and over must not leave parts without end. */
const OVERHEAD = 2 * KIB;
/** Bytes of a part before it is closed and the next one is begun: each write sends all of a part, the API takes up to 1 MiB. */
const PART_SIZE = 64 * KIB;
/** An entry about very many objects names the first ones. */
const MOST_OBJECTS = 100;
/** How long entries are gathered before they are written, in milliseconds. */
const GATHER = 250;
const ATTEMPTS = 3;
const PAUSE = 500;
/** Parts that are read at once: all of them are in memory then. */
const PAGE = 20;
/** How often a server looks at all parts to see what may go, in milliseconds; and after how much of its own, as a share of all. */
const LOOK_AGAIN = 3600_000;
const SHARE = 16;

/**
 * An audit trail that several servers keep together, in the API that they all stand on: each adds to a part of its own, and all read all
 * of it. A part that is full is closed (`immutable`), which the API itself enforces; whole parts go when they are too old or too much.
 */
export function sharedAuditTrail(options: SharedAuditTrailOptions): AuditTrail {
  return new SharedAuditTrail(options);
}

class SharedAuditTrail implements AuditTrail {
  readonly #options: SharedAuditTrailOptions;
  #pending: AuditEntry[] = [];
  #timer: { cancel(): void } | undefined;
  #writing: Promise<void> | undefined;
  /** The part that this server adds to. */
  #part: ConfigMap | undefined;
  /** When this server looked at all parts, and how many bytes it has begun parts for since then. */
  #looked: { at: number; begun: number } | undefined;

  constructor(options: SharedAuditTrailOptions) {
    this.#options = options;
  }

  append(entry: AuditEntry): void {
    this.#pending.push(entry);
    const { clock } = this.#options;
    this.#timer ??= clock.setTimer(clock.now() + GATHER, () => void this.flush());
  }

  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#writing !== undefined) await this.#writing;
    if (this.#pending.length === 0) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async *read(query: AuditQuery): AsyncGenerator<AuditEntry> {
    await this.flush();
    const lines: { id: string; line: string }[] = [];
    for await (const part of this.#parts()) for (const line of linesOf(part)) lines.push({ id: idOf(line), line });
    let before: string | undefined;
    // Most questions end long before the oldest entries: what is not asked for is not parsed.
    for (const { id, line } of lines.toSorted((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0))) {
      // A write that was tried again may be there twice.
      if (id === before) continue;
      before = id;
      const entry = parse(line);
      if (entry !== undefined && matchesAudit(entry, query)) yield entry;
    }
  }

  async #write(): Promise<void> {
    while (this.#pending.length > 0) {
      const entries = this.#pending;
      this.#pending = [];
      try {
        await this.#persist(entries.map(lineOf));
      } catch (error) {
        const { log } = this.#options;
        // Better twice than never: what cannot be kept is at least in the log.
        for (const entry of entries) log.error({ ...entry }, 'an entry of the audit trail could not be stored');
        log.error({ error: error instanceof Error ? error.message : String(error) }, 'the audit trail cannot be written');
      }
    }
  }

  async #persist(lines: readonly string[]): Promise<void> {
    const { clock, log } = this.#options;
    for (let attempt = 1; ; attempt++)
      try {
        for (const text of chunks(lines, PART_SIZE)) await this.#append(text);
        return;
      } catch (error) {
        // Somebody has changed or removed the part: it is left alone, and another one begun.
        this.#part = undefined;
        if (attempt === ATTEMPTS) throw error;
        log.debug({ error: String(error), attempt }, 'the audit trail is written again');
        await clock.sleep(PAUSE);
      }
  }

  async #append(text: string): Promise<void> {
    const { client, namespace, clock, random } = this.#options;
    const part = this.#part;
    if (part === undefined) {
      await this.#forgetAtTimes();
      const time = new Date(clock.now()).toISOString().replaceAll(/[-:.TZ]/g, '');
      const name = `kargo-audit-${time}-${random.uuid().slice(0, 8)}`;
      const metadata = { name, namespace, labels: { [LABEL]: 'part' } };
      const fresh = { apiVersion: apiVersionOf(ConfigMap), kind: ConfigMap.kind, metadata };
      this.#keep(await client.create(ConfigMap, { ...fresh, ...contentOf(text) }));
      return;
    }
    this.#keep(await client.update(ConfigMap, { ...part, ...contentOf((part.data?.[KEY] ?? '') + text) }));
  }

  /** What is not closed yet is added to. */
  #keep(part: ConfigMap): void {
    this.#part = part.immutable === true ? undefined : part;
  }

  /** All parts are much to read: it is done at the start, once an hour, and when what has been added meanwhile counts. */
  async #forgetAtTimes(): Promise<void> {
    const { clock, maxBytes = MAX_BYTES } = this.#options;
    const looked = this.#looked;
    const now = clock.now();
    if (looked === undefined || now - looked.at >= LOOK_AGAIN || looked.begun >= maxBytes / SHARE) {
      await this.#forget();
      this.#looked = { at: now, begun: PART_SIZE };
    } else looked.begun += PART_SIZE;
  }

  /** Removes the oldest parts that are too old or too much. Another server may do so at the same time. */
  async #forget(): Promise<void> {
    const { client, clock, namespace, maxAge = 90 * DAY, maxBytes = MAX_BYTES } = this.#options;
    const parts: { name: string; size: number; last: number }[] = [];
    for await (const part of this.#parts()) {
      const last = parse(linesOf(part).at(-1) ?? '')?.time ?? part.metadata.creationTimestamp ?? '';
      parts.push({
        name: part.metadata.name ?? '',
        size: OVERHEAD + Buffer.byteLength(part.data?.[KEY] ?? ''),
        last: Date.parse(last),
      });
    }
    let kept = PART_SIZE;
    for (const { name, size, last } of parts.toSorted((a, b) => b.last - a.last)) {
      kept += size;
      if (kept <= maxBytes && clock.now() - last <= maxAge) continue;
      await client.delete(ConfigMap, { namespace, name }).catch((error: unknown) => {
        if (!isReason(error, 'NotFound')) throw error;
      });
    }
  }

  async *#parts(): AsyncGenerator<ConfigMap> {
    const { client, namespace } = this.#options;
    let next: string | undefined;
    do {
      const { items, metadata } = await client.list(ConfigMap, { namespace, labelSelector: LABEL, limit: PAGE, continue: next });
      yield* items;
      next = metadata.continue === '' ? undefined : metadata.continue;
    } while (next !== undefined);
  }
}

/** The id of an entry, which stands first in what is written here. */
function idOf(line: string): string {
  return /^\{"id":"([^"\\]+)"/.exec(line)?.[1] ?? parse(line)?.id ?? '';
}

function contentOf(text: string): Pick<ConfigMap, 'data' | 'immutable'> {
  return { data: { [KEY]: text }, ...(Buffer.byteLength(text) >= PART_SIZE ? { immutable: true } : {}) };
}

function lineOf(entry: AuditEntry): string {
  const objects = entry.objects.slice(0, MOST_OBJECTS);
  return `${JSON.stringify(objects.length === entry.objects.length ? entry : { ...entry, objects })}\n`;
}

/** Lines put together until they are as long as a part. */
function chunks(lines: readonly string[], size: number): string[] {
  const out: string[] = [];
  let text = '';
  let bytes = 0;
  for (const line of lines) {
    text += line;
    bytes += Buffer.byteLength(line);
    if (bytes < size) continue;
    out.push(text);
    [text, bytes] = ['', 0];
  }
  return text === '' ? out : [...out, text];
}

function linesOf({ data }: ConfigMap): string[] {
  return (data?.[KEY] ?? '').split('\n').filter((line) => line !== '');
}

/** An entry; undefined for what somebody else has put there. */
function parse(line: string): AuditEntry | undefined {
  try {
    return JSON.parse(line) as AuditEntry;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
