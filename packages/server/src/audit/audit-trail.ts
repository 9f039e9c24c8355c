/** An object that a request was about, and what became of it where a request is about several. */
export interface AuditedObject {
  kind: string;
  namespace?: string | undefined;
  name?: string | undefined;
  /** What was done to it, or why nothing was. */
  outcome?: string | undefined;
}

/** One thing that somebody did or tried to do. Holds no secrets: neither bodies nor tokens. */
export interface AuditEntry {
  /** Sorts by time. */
  id: string;
  /** RFC 3339 with milliseconds. */
  time: string;
  requestId: string;
  /** Who, as in annotations and events; `anonymous` for somebody who did not prove it. */
  actor: string;
  /** How they proved it. */
  identity: 'admin' | 'local' | 'kubernetes' | 'person' | 'anonymous';
  /** Through which API. */
  via: 'rest' | 'kubernetes' | 'receiver';
  /** Operation of the REST API, or verb of the Kubernetes API. */
  operation: string;
  method: string;
  path: string;
  project?: string | undefined;
  objects: readonly AuditedObject[];
  source: { address: string; userAgent?: string | undefined };
  /** `refused`: not permitted or not signed in; `failed`: wrong or impossible. */
  result: 'done' | 'refused' | 'failed';
  status: number;
  error?: string | undefined;
  milliseconds: number;
  /** How many refusals the entry stands for, where it stands for several; what it says besides `objects` is of the last one: see `boundedAuditTrail`. */
  repeated?: number | undefined;
}

/** Entries that somebody wants to see. Everything given must match. */
export interface AuditQuery {
  project?: string | undefined;
  actor?: string | undefined;
  operation?: string | undefined;
  /** Kind of an object, such as `Stage`; its name; both must be those of the same object. */
  kind?: string | undefined;
  name?: string | undefined;
  result?: AuditEntry['result'] | undefined;
  /** Times in milliseconds since the epoch: from, and before. */
  since?: number | undefined;
  until?: number | undefined;
  /** Only entries older than the one with this id. */
  before?: string | undefined;
}

/** Where the audit trail is kept. It only ever grows at its end, and is forgotten from its beginning when it is too old or too long. */
export interface AuditTrail {
  /** Keeps an entry. Never fails: what cannot be kept is told to the log. */
  append(entry: AuditEntry): void;
  /** Entries that match, newest first. */
  read(query: AuditQuery): AsyncIterable<AuditEntry>;
  /** Waits for what has been appended to be stored. */
  flush(): Promise<void>;
}

/** Whether an entry is one that a query asks for. */
export function matchesAudit(entry: AuditEntry, query: AuditQuery): boolean {
  const { project, actor, operation, kind, name, result, since, until, before } = query;
  if (project !== undefined && entry.project !== project) return false;
  if (actor !== undefined && entry.actor !== actor) return false;
  if (operation !== undefined && entry.operation !== operation) return false;
  if (result !== undefined && entry.result !== result) return false;
  if (before !== undefined && entry.id >= before) return false;
  const at = Date.parse(entry.time);
  if ((since !== undefined && at < since) || (until !== undefined && at >= until)) return false;
  if (kind === undefined && name === undefined) return true;
  return entry.objects.some(
    (object) => (kind === undefined || object.kind === kind) && (name === undefined || object.name === name),
  );
}

/** A trail in memory, for tests and for servers that keep nothing: the last `limit` entries. */
export function memoryAuditTrail(limit = 10_000): AuditTrail {
  const entries: AuditEntry[] = [];
  return {
    append(entry) {
      entries.push(entry);
      if (entries.length > limit) entries.shift();
    },
    async *read(query) {
      for (const entry of entries.toReversed()) if (matchesAudit(entry, query)) yield entry;
    },
    flush: () => Promise.resolve(),
  };
}
