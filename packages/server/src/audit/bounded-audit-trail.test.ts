import { seededRandom, VirtualClock } from '@kargo/kube';
import { beforeEach, describe, expect, it } from 'vitest';
import { memoryAuditTrail, type AuditEntry, type AuditTrail } from './audit-trail.ts';
import { boundedAuditTrail } from './bounded-audit-trail.ts';

let clock: VirtualClock;
let trail: AuditTrail;
let given = 0;

beforeEach(() => {
  clock = new VirtualClock('2026-01-01T00:00:00Z');
  trail = boundedAuditTrail(memoryAuditTrail(1_000_000), { clock, random: seededRandom(1) });
});

function append(count: number, more: Partial<AuditEntry>, address = '10.0.0.1'): void {
  for (let i = 0; i < count; i++)
    trail.append({
      id: `0${String(++given).padStart(8, '0')}`,
      time: new Date(clock.now()).toISOString(),
      requestId: '',
      actor: 'anonymous',
      identity: 'anonymous',
      via: 'rest',
      operation: 'PromoteToStage',
      method: 'POST',
      path: '/',
      objects: [],
      source: { address },
      result: 'refused',
      status: 401,
      milliseconds: 1,
      ...more,
    });
}

async function entries(): Promise<AuditEntry[]> {
  const out: AuditEntry[] = [];
  for await (const entry of trail.read({})) out.push(entry);
  return out;
}

describe('refusals in the audit trail', () => {
  it('are counted in one entry after the first of a minute, so that a flood pushes nothing out', async () => {
    append(1, { actor: 'admin', identity: 'admin', result: 'done', status: 200 });
    append(100_000, {});
    await clock.advanceBy(60_000);
    const found = await entries();
    expect(found).toHaveLength(32);
    expect(found[0]).toMatchObject({ repeated: 99_970, result: 'refused', status: 401, source: { address: '10.0.0.1' } });
    expect(found[0]?.time).toBe('2026-01-01T00:01:00.000Z');
    expect(found.at(-1)).toMatchObject({ actor: 'admin' });
    // Another minute counts anew, and a quiet one says nothing.
    append(31, {});
    await clock.advanceBy(120_000);
    expect((await entries())[0]).toMatchObject({ repeated: 1 });
    expect(await entries()).toHaveLength(32 + 31);
  });

  it('are bounded however many addresses they come from', async () => {
    for (let i = 0; i < 5000; i++) append(2, {}, `10.1.${i >> 8}.${i & 255}`);
    await clock.advanceBy(60_000);
    const found = await entries();
    expect(found.length).toBeLessThan(300 + 1001 + 1);
    expect(found.reduce((sum, { repeated = 1 }) => sum + repeated, 0)).toBe(10_000);
  });

  it('of somebody who is known do not depend on the address, and leave room to others', async () => {
    const forbidden = { actor: 'email:ann@example.com', identity: 'person', status: 403 } as const;
    for (let i = 0; i < 100; i++) append(1, forbidden, `10.2.0.${i}`);
    append(1, { actor: 'email:bob@example.com', identity: 'person', status: 403 });
    append(1, {});
    await clock.advanceBy(60_000);
    const found = await entries();
    expect(found.filter(({ actor }) => actor === forbidden.actor)).toHaveLength(31);
    expect(found).toHaveLength(33);
  });

  it('of somebody who is known say what they were about, each once, the last ones, and nothing of other Projects', async () => {
    const forbidden = { actor: 'email:ann@example.com', identity: 'person', status: 403 } as const;
    const about = (project: string, name: string): Partial<AuditEntry> => ({
      ...forbidden,
      project,
      objects: [{ kind: 'Stage', namespace: project, name }],
    });
    append(30, about('shop', 'written'));
    for (let i = 0; i < 20; i++) append(2, about('shop', `stage-${i}`));
    append(1, about('other', 'secret'));
    append(1, about('shop', 'stage-15'));
    await clock.advanceBy(60_000);
    const [summary] = await entries();
    expect(summary).toMatchObject({ repeated: 42, project: 'shop' });
    const latest = [15, 19, 18, 17, 16, 14, 13, 12, 11].map((i) => `stage-${i}`);
    expect(summary?.objects.map(({ name }) => name)).toEqual(latest);
    // What nobody who is known asked for takes no more room than one entry.
    append(31, { objects: [{ kind: 'Stage', namespace: 'shop', name: 'a' }] });
    append(1, { objects: [{ kind: 'Stage', namespace: 'shop', name: 'b' }] });
    await clock.advanceBy(60_000);
    expect((await entries())[0]?.objects).toEqual([{ kind: 'Stage', namespace: 'shop', name: 'b' }]);
  });

  it('of somebody who is known are not hidden by addresses, however many, and are laid to nobody else', async () => {
    for (let i = 0; i < 1500; i++) append(2, {}, `10.3.${i >> 8}.${i & 255}`);
    const known = (name: string) => ({ actor: `email:${name}@example.com`, identity: 'person', status: 403 }) as const;
    append(3, known('ann'));
    for (let i = 0; i < 1500; i++) append(31, known(`p${i}`));
    await clock.advanceBy(60_000);
    const found = await entries();
    const of = (name: string): AuditEntry[] => found.filter(({ actor }) => actor === known(name).actor);
    expect(of('ann').map(({ repeated }) => repeated)).toEqual([undefined, undefined, undefined]);
    // The last one of all has nothing to its name that others did.
    expect(of('p1499')).toEqual([]);
    expect(found.filter(({ repeated = 0 }) => repeated > 30).map(({ actor, source }) => [actor, source.address])).toEqual([
      ['anonymous', 'several'],
      ['several', '10.0.0.1'],
    ]);
  });

  it('are all told when the server stops', async () => {
    append(40, {});
    await trail.flush();
    expect((await entries())[0]).toMatchObject({ repeated: 10 });
    expect(clock.pending).toBe(0);
  });

  it('take what nobody who is known did wrong for a refusal, and nothing else', async () => {
    append(40, { result: 'failed', status: 404 });
    append(40, { result: 'failed', status: 400, actor: 'admin', identity: 'admin' });
    append(40, { result: 'done', status: 200 });
    await trail.flush();
    expect(await entries()).toHaveLength(31 + 40 + 40);
  });
});
