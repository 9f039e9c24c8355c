import type { AuditEntry, AuditQuery, AuditTrail } from '@kargo/server';

/** An entry of what the administrator has done, at the time that `now` says. */
export function anEntry(id: string, now: number, more: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id,
    time: new Date(now).toISOString(),
    requestId: '',
    actor: 'admin',
    identity: 'admin',
    via: 'rest',
    operation: 'X',
    method: 'POST',
    path: '/',
    objects: [],
    source: { address: '::1' },
    result: 'done',
    status: 200,
    milliseconds: 1,
    ...more,
  };
}

/** The ids of the entries of a trail, in the order in which it gives them. */
export async function idsOf(trail: AuditTrail, query: AuditQuery = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of trail.read(query)) ids.push(id);
  return ids;
}
