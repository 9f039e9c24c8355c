import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Role, RoleBinding } from '@kargo/api';
import { defaultRoleRules } from '@kargo/controllers';
import { VirtualClock } from '@kargo/kube';
import { Trace } from '@kargo/kube/testing';
import { fileAuditTrail, memoryAuditTrail, type AuditEntry, type AuditTrail } from '@kargo/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anEntry, idsOf } from './audit-entries.ts';
import { openContractWorld, SECRET } from './contract-world.ts';
import { userToken } from './harness.ts';

const asAlice = { authorization: `Bearer ${userToken('alice')}` };

describe('the audit trail', () => {
  it('says who did what to which object, from where, with what result', async () => {
    const { call, clock } = await openContractWorld();
    await clock.advanceBy(1000);
    await call('GET', '/projects/demo/stages');
    await call(
      'POST',
      '/projects/demo/stages/test/promotions',
      { freight: 'f1' },
      { 'user-agent': 'curl/8', 'x-request-id': 'r-1' },
    );
    await call('DELETE', '/projects/demo/stages/test', undefined, asAlice);
    await call('POST', '/projects/demo/generic-credentials', { name: 'new', data: { a: SECRET } });
    await call('POST', '/login', undefined, { authorization: 'Bearer wrong' });
    const manifests = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cm', namespace: 'demo' } },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'demo' } },
    ];
    await call('POST', '/resources', manifests);
    const { text, body } = await call('GET', '/system/audit-log?limit=5');
    const { items } = body as { items: AuditEntry[] };
    expect(text).not.toContain(SECRET);
    expect(items.map(({ actor, operation, result, status }) => [actor, operation, result, status])).toEqual([
      ['admin', 'CreateResource', 'done', 201],
      ['anonymous', 'AdminLogin', 'refused', 403],
      ['admin', 'CreateProjectGenericCredentials', 'done', 201],
      ['kubernetes:alice', 'DeleteStage', 'refused', 403],
      ['admin', 'PromoteToStage', 'done', 201],
    ]);
    expect(items[0]?.project).toBe('demo');
    expect(items[0]?.objects).toEqual([
      { kind: 'ConfigMap', namespace: 'demo', name: 'cm', outcome: 'failed' },
      { kind: 'ConfigMap', namespace: 'demo', name: 'a', outcome: 'created' },
    ]);
    expect(items[1]).toMatchObject({ error: 'invalid password', source: { address: '127.0.0.1' } });
    expect(items[3]?.objects).toEqual([{ kind: 'Stage', namespace: 'demo', name: 'test' }]);
    expect(items[4]).toMatchObject({
      time: '2026-01-01T00:00:01.000Z',
      requestId: 'r-1',
      via: 'rest',
      project: 'demo',
      source: { userAgent: 'curl/8' },
      objects: [{ kind: 'Promotion', namespace: 'demo', name: expect.stringMatching(/^test\./) }],
    });
  });

  it('can be asked and read page by page, as a whole, or of one Project', async () => {
    const { call } = await openContractWorld();
    for (let i = 0; i < 7; i++) await call('POST', '/projects/demo/configmaps', { name: `c${i}`, data: { a: 'b' } });
    await call('POST', '/shared/configmaps', { name: 'x', data: { a: 'b' } });
    const names: (string | undefined)[] = [];
    let next = '';
    do {
      const query = `limit=3&operation=CreateProjectConfigMap&kind=ConfigMap&result=done${next === '' ? '' : `&continue=${next}`}`;
      const { body } = await call('GET', `/projects/demo/audit-log?${query}`);
      const page = body as { items: AuditEntry[]; continue?: string };
      names.push(...page.items.map(({ objects }) => objects[0]?.name));
      next = page.continue ?? '';
    } while (next !== '');
    expect(names).toEqual(['c6', 'c5', 'c4', 'c3', 'c2', 'c1', 'c0']);
    const one = (await call('GET', '/system/audit-log?name=c3')).body as { items: AuditEntry[] };
    expect(one.items).toHaveLength(1);
    const exported = await call('GET', '/system/audit-log/export?since=2026-01-01&actor=admin');
    expect(exported.headers['content-type']).toContain('application/x-ndjson');
    expect(
      exported.text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as AuditEntry).operation),
    ).toEqual(['CreateSharedConfigMap', ...Array.from({ length: 7 }, () => 'CreateProjectConfigMap')]);
    expect((await call('GET', '/system/audit-log', undefined, asAlice)).status).toBe(403);
  });
});

describe('a flood of requests', () => {
  it('does not push what was done out of the trail', async () => {
    const { call, clock } = await openContractWorld({ audit: memoryAuditTrail(150) });
    await call('POST', '/shared/configmaps', { name: 'x', data: { a: 'b' } });
    for (let i = 0; i < 300; i++) await call('POST', '/resources', [], { authorization: `Bearer guess-${i}` });
    await clock.advanceBy(10_000);
    const { items } = (await call('GET', '/system/audit-log?limit=1000')).body as { items: AuditEntry[] };
    expect(items.map(({ status }) => status)).toEqual([...Array.from({ length: 100 }, () => 401), 201, 200]);
  });
});

describe('the roles of a Project', () => {
  it.each([
    ['kargo-admin', 200],
    ['kargo-promoter', 403],
    ['kargo-viewer', 403],
  ] as const)('%s gets %i for its audit log, and nothing of others', async (role, status) => {
    const { call, client } = await openContractWorld();
    const metadata = { name: role, namespace: 'demo' };
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
    await client.create(Role, { ...rbac, kind: 'Role', rules: defaultRoleRules(role) });
    await client.create(RoleBinding, {
      ...rbac,
      kind: 'RoleBinding',
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
      subjects: [{ kind: 'User', name: 'alice' }],
    });
    await call('POST', '/shared/configmaps', { name: 'elsewhere', data: { a: 'b' } });
    await call('POST', '/projects/demo/configmaps', { name: 'here', data: { a: 'b' } });
    for (const path of ['/projects/demo/audit-log', '/projects/demo/audit-log/export']) {
      const answer = await call('GET', path, undefined, asAlice);
      expect([path, answer.status]).toEqual([path, status]);
      if (status === 200) expect(answer.text).toContain('"here"');
      expect(answer.text).not.toContain('elsewhere');
    }
    expect((await call('GET', '/system/audit-log', undefined, asAlice)).status).toBe(403);
  });
});

describe('an audit trail in files', () => {
  let directory: string;
  const clock = new VirtualClock('2026-01-01T00:00:00Z');
  const trace = new Trace(clock);
  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'kargo-audit-')), 'audit');
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true }));

  const open = (options: { maxAge?: number; maxBytes?: number } = {}): AuditTrail =>
    fileAuditTrail({ directory, clock, log: trace.log('audit'), ...options });
  const entry = (id: string, more: Partial<AuditEntry> = {}): AuditEntry => anEntry(id, clock.now(), more);

  it('goes on after a restart, for its user’s eyes only, and bears half a line', async () => {
    const first = open();
    for (const id of ['1', '2']) first.append(entry(id));
    await first.flush();
    const [file = ''] = await readdir(directory);
    expect((await stat(join(directory, file))).mode & 0o777).toBe(0o600);
    await writeFile(join(directory, file), '{"id":"half', { flag: 'a' });
    await clock.advanceBy(1);
    const second = open();
    second.append(entry('3'));
    expect(await idsOf(second)).toEqual(['3', '2', '1']);
    expect((await readFile(join(directory, file), 'utf8')).startsWith('{"id":"1"')).toBe(true);
  });

  it('forgets whole files that are too old or too much, oldest first', async () => {
    const long = 'x'.repeat(3 * 1024 * 1024);
    const trail = open({ maxBytes: 25 * 1024 * 1024, maxAge: 10 * 86_400_000 });
    for (let i = 0; i < 14; i++) {
      await clock.advanceBy(1000);
      trail.append(entry(String(i).padStart(2, '0'), { error: long }));
      await trail.flush();
    }
    const kept = await idsOf(trail);
    expect([kept[0], kept.length]).toEqual(['13', 8]);
    await clock.advanceBy(11 * 86_400_000);
    const later = open({ maxAge: 10 * 86_400_000 });
    later.append(entry('20'));
    await later.flush();
    await clock.advanceBy(11 * 86_400_000);
    const last = open({ maxAge: 10 * 86_400_000 });
    last.append(entry('21'));
    expect(await idsOf(last)).toEqual(['21', '20']);
  });

  it('in memory keeps the last entries', async () => {
    const trail = memoryAuditTrail(2);
    for (const id of ['1', '2', '3']) trail.append(entry(id));
    expect(await idsOf(trail)).toEqual(['3', '2']);
  });
});
