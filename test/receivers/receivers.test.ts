/** Webhook receivers from the published URL to the objects that wake, over the real API, controllers and HTTP server. */
import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  apiVersionOf,
  annotations,
  ClusterConfig,
  conditionViolations,
  Namespace,
  Project,
  ProjectConfig,
  Promotion,
  Secret,
  Warehouse,
  WebhookDelivery,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { clusterConfigController, projectConfigController } from '@kargo/controllers';
import { Manager, seededRandom, silentLog } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHarness, type Harness } from '../server/harness.ts';

const SYSTEM = 'kargo-system-resources';
const BASE = 'https://kargo.acme.io/webhooks';
let harness: Harness;
let manager: Manager;

/** Starts everything over what is stored at `path`, or over nothing. */
async function start(path?: string): Promise<void> {
  harness = await openHarness(path === undefined ? {} : { path });
  const { client, clock } = harness;
  const random = seededRandom('receivers');
  manager = new Manager({ client, clock, random, log: silentLog });
  const deps = { client, clock, random, baseURL: () => Promise.resolve(BASE), systemNamespace: SYSTEM };
  manager.add(projectConfigController(deps));
  manager.add(clusterConfigController(deps));
  await manager.start();
}

async function stop(): Promise<void> {
  await manager.stop();
  await harness.server.close();
  await harness.api.close();
}

async function populate(): Promise<void> {
  await create(Namespace, { name: SYSTEM });
  for (const name of ['shop', 'other']) {
    await create(Project, { name });
    await create(
      Warehouse,
      { namespace: name, name: 'web' },
      { spec: { subscriptions: [{ git: { repoURL: REPO, branch: 'main' } }] } },
    );
    await create(
      Warehouse,
      { namespace: name, name: 'docs' },
      { spec: { subscriptions: [{ git: { repoURL: REPO, branch: 'docs' } }] } },
    );
  }
}

beforeEach(async () => {
  await start();
  await populate();
});
afterEach(() => manager.stop());

const REPO = 'https://github.com/acme/web.git';
const PUSH = { ref: 'refs/heads/main', repository: { clone_url: REPO }, commits: [] };

async function create<T extends KubeObject>(kind: Kind<T>, metadata: T['metadata'], fields: object = {}): Promise<T> {
  const created = await harness.client.create(kind, {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata,
    ...fields,
  } as T);
  await manager.idle();
  return created;
}

const secret = (namespace: string, name: string, data: Record<string, string>): Promise<Secret> =>
  create(
    Secret,
    { namespace, name },
    { data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, btoa(value)])) },
  );

/** Configures receivers of Project shop; returns its configuration as it stands then. */
async function receivers(...webhookReceivers: object[]): Promise<ProjectConfig> {
  await create(ProjectConfig, { namespace: 'shop', name: 'shop' }, { spec: { webhookReceivers } });
  return config();
}

async function config(): Promise<ProjectConfig> {
  const found = await harness.client.get(ProjectConfig, { namespace: 'shop', name: 'shop' });
  expect(conditionViolations(found)).toEqual([]);
  return found;
}

const ready = ({ status }: ProjectConfig): string =>
  (status?.conditions ?? [])
    .filter(({ type }) => type === 'Ready')
    .map((each) => `${each.status}/${each.reason}: ${each.message}`)[0] ?? '';

async function deliver(path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') {
  const payload = Buffer.isBuffer(body) ? body : typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await harness.server.inject({ method: method as 'POST', url: path, headers, payload });
  return { code: answer.statusCode, body: answer.body === '' ? undefined : (JSON.parse(answer.body) as object) };
}

const github = (body: unknown, key = 's3cr3t'): Record<string, string> => ({
  'content-type': 'application/json',
  'x-github-event': 'push',
  'x-github-delivery': '72d3162e',
  'x-hub-signature-256': `sha256=${createHmac('sha256', key)
    .update(typeof body === 'string' ? body : JSON.stringify(body))
    .digest('hex')}`,
});

/** Which Warehouses were asked to look. */
async function woken(): Promise<string[]> {
  const { items } = await harness.client.list(Warehouse);
  return items
    .filter(({ metadata }) => metadata.annotations?.[annotations.refresh] !== undefined)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

/** A receiver for GitHub in Project shop; returns its path. */
async function githubReceiver(): Promise<string> {
  await secret('shop', 'hook', { secret: 's3cr3t' });
  const { status } = await receivers({ name: 'gh-push', github: { secretRef: { name: 'hook' } } });
  return status?.webhookReceivers?.[0]?.path ?? '';
}

describe('where receivers listen', () => {
  it('is published, to the byte', async () => {
    const hash = 'fa31a92dd44283e06823238ef1e3309dbc3434db97b7b719f03336f7f22dcacd';
    await githubReceiver();
    const published = await config();
    expect(published.status?.webhookReceivers).toEqual([
      { name: 'gh-push', path: `/webhooks/github/${hash}`, url: `${BASE}/github/${hash}` },
    ]);
    expect(ready(published)).toBe('True/Synced: the configuration is in force');
  });

  it('is published for the good ones, with what is the matter with the others', async () => {
    await secret('shop', 'hook', { secret: 's3cr3t', 'secret-token': '' });
    const published = await receivers(
      { name: 'good', quay: { secretRef: { name: 'hook' } } },
      { name: 'keyless', harbor: { secretRef: { name: 'hook' } } },
      { name: 'lost', github: { secretRef: { name: 'nowhere' } } },
      { name: 'typeless' },
      { name: 'open', gitlab: { secretRef: { name: 'hook' } } },
    );
    expect(published.status?.webhookReceivers?.map(({ name }) => name)).toEqual(['good']);
    for (const text of [
      'no key auth-header',
      'Secret nowhere does not exist',
      'exactly one type',
      'secret-token of Secret hook is empty',
    ])
      expect(ready(published)).toContain(text);
    expect(ready(published)).toMatch(/^False\/SyncWebhookReceiversFailed/);
    expect(manager.defects()).toEqual([]);
  });

  it('follows the Secret, and is withdrawn with the receiver', async () => {
    const before = await githubReceiver();
    await harness.client.patch(
      Secret,
      { namespace: 'shop', name: 'hook' },
      { type: 'merge', body: { data: { secret: btoa('new') } } },
    );
    await harness.client.patch(
      ProjectConfig,
      { namespace: 'shop', name: 'shop' },
      { type: 'merge', body: { metadata: { annotations: { [annotations.refresh]: 'now' } } } },
    );
    await manager.idle();
    const renewed = await config();
    expect(renewed.status?.lastHandledRefresh).toBe('now');
    expect(renewed.status?.webhookReceivers?.[0]?.path).not.toBe(before);
    expect(await deliver(before, PUSH, github(PUSH))).toEqual({ code: 404, body: {} });
    const key = { namespace: 'shop', name: 'shop' };
    await harness.client.patch(ProjectConfig, key, { type: 'merge', body: { spec: { webhookReceivers: null } } });
    await manager.idle();
    expect((await config()).status?.webhookReceivers).toBeUndefined();
  });

  it('stays as it was for senders that still know the old secret, as long as the Secret holds that too', async () => {
    const old = await githubReceiver();
    const secretKey = { namespace: 'shop', name: 'hook' };
    const body = { data: { secret: btoa('new'), 'secret-previous': btoa('s3cr3t') } };
    await harness.client.patch(Secret, secretKey, { type: 'merge', body });
    // At once, and not only once the configuration was looked at again.
    expect(await deliver(old, PUSH, github(PUSH))).toMatchObject({ code: 200 });
    await harness.clock.advanceBy(5 * 60_000);
    await manager.idle();
    const [renewed, former, ...more] = (await config()).status?.webhookReceivers ?? [];
    expect([former?.path, former?.name, more]).toEqual([old, 'gh-push', []]);
    expect(renewed?.path).not.toBe(old);
    expect(await deliver(renewed?.path ?? '', PUSH, github(PUSH, 'new'))).toMatchObject({ code: 200 });
    expect(await deliver(old, PUSH, github(PUSH))).toMatchObject({ code: 200 });
    expect(await deliver(old, PUSH, github(PUSH, 'new'))).toMatchObject({ code: 401 });
    expect(await deliver(renewed?.path ?? '', PUSH, github(PUSH))).toMatchObject({ code: 401 });
    await harness.client.patch(Secret, secretKey, { type: 'merge', body: { data: { 'secret-previous': null } } });
    // Without waiting for the configuration to be looked at again.
    expect(await deliver(old, PUSH, github(PUSH))).toEqual({ code: 404, body: {} });
  });

  it('is found out again within five minutes after a Secret appears, without a refresh', async () => {
    await receivers({ name: 'gh-push', github: { secretRef: { name: 'hook' } } });
    await secret('shop', 'hook', { secret: 's3cr3t' });
    await harness.clock.advanceTo(harness.clock.now() + 5 * 60_000);
    await manager.idle();
    expect((await config()).status?.webhookReceivers).toHaveLength(1);
  });
});

describe('a delivery', () => {
  it('wakes exactly the Warehouses it concerns, of its Project', async () => {
    const path = await githubReceiver();
    expect(await deliver(path, PUSH, github(PUSH))).toEqual({ code: 200, body: { msg: 'refreshed 1 warehouse(s)' } });
    expect(await woken()).toEqual(['shop/web']);
  });

  it('to a receiver of the cluster wakes those of all Projects', async () => {
    await secret(SYSTEM, 'hook', { secret: 's3cr3t' });
    await create(
      ClusterConfig,
      { name: 'cluster' },
      { spec: { webhookReceivers: [{ name: 'all', github: { secretRef: { name: 'hook' } } }] } },
    );
    const { status } = await harness.client.get(ClusterConfig, { name: 'cluster' });
    const path = status?.webhookReceivers?.[0]?.path ?? '';
    expect(await deliver(path, PUSH, github(PUSH))).toEqual({ code: 200, body: { msg: 'refreshed 2 warehouse(s)' } });
    expect(await woken()).toEqual(['other/web', 'shop/web']);
    const { items } = await harness.client.list(WebhookDelivery, { namespace: SYSTEM });
    expect(items.map(({ outcome }) => outcome.targets)).toEqual([['Warehouse other/web', 'Warehouse shop/web']]);
  });

  it('of a closed pull request wakes the Promotion that waits for it', async () => {
    const path = await githubReceiver();
    const page = 'https://github.com/acme/web/pull/1';
    // Admission would ask for a Stage and Freight, which do not matter here.
    const promotion = (name: string, url: string): Promise<unknown> =>
      harness.client
        .create(Promotion, {
          apiVersion: apiVersionOf(Promotion),
          kind: 'Promotion',
          metadata: { namespace: 'shop', name },
          spec: { stage: 's', freight: 'f', steps: [{ uses: 'git-wait-for-pr', as: 'wait' }] },
        } as Promotion)
        .then((created) =>
          harness.client.updateStatus(Promotion, {
            ...created,
            status: { phase: 'Running', state: { wait: { pr: { url } } } },
          } as Promotion),
        );
    harness.api.setAdmission([]);
    await promotion('p1', page);
    await promotion('p2', `${page}0`);
    const body = { action: 'closed', pull_request: { html_url: page } };
    const headers = { ...github(body), 'x-github-event': 'pull_request' };
    expect(await deliver(path, body, headers)).toEqual({ code: 200, body: { msg: 'refreshed 1 promotion(s)' } });
    const { items } = await harness.client.list(Promotion, { namespace: 'shop' });
    const refreshed = items.filter(({ metadata }) => metadata.annotations?.[annotations.refresh] !== undefined);
    expect(refreshed.map(({ metadata }) => metadata.name)).toEqual(['p1']);
  });

  it('is refused if it is not signed, too large, or not a POST; paths that nobody publishes are not there', async () => {
    const path = await githubReceiver();
    expect(await deliver(path, PUSH, github(PUSH, 'guess'))).toEqual({ code: 401, body: { error: 'unauthorized' } });
    const large = `"${'x'.repeat(2 * 1024 * 1024)}"`;
    expect(await deliver(path, large, github(large))).toEqual({
      code: 413,
      body: { error: 'content exceeds limit of 2097152 bytes' },
    });
    expect(await deliver(path, '', {}, 'PUT')).toMatchObject({ code: 405 });
    expect(await deliver(path, '', {}, 'GET')).toMatchObject({ code: 405 });
    expect(
      await deliver(
        path.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
        PUSH,
        github(PUSH),
      ),
    ).toEqual({ code: 404, body: {} });
    expect(await deliver('/nowhere', PUSH)).toMatchObject({ code: 404 });
    expect(await woken()).toEqual([]);
  });

  it('is refused once the Secret is gone, without telling why', async () => {
    const path = await githubReceiver();
    await harness.client.delete(Secret, { namespace: 'shop', name: 'hook' });
    expect(await deliver(path, PUSH, github(PUSH))).toEqual({ code: 500, body: {} });
    expect(await woken()).toEqual([]);
  });

  it('is answered byte for byte as it was signed, also where it is no text', async () => {
    const path = await githubReceiver();
    const body = Buffer.from([0x7b, 0xff, 0x7d]);
    const signature = createHmac('sha256', 's3cr3t').update(body).digest('hex');
    const answer = await deliver(path, body, { 'x-github-event': 'push', 'x-hub-signature-256': `sha256=${signature}` });
    expect(answer).toEqual({ code: 400, body: { error: 'the request body is not a JSON object' } });
  });
});

describe('the log of deliveries', () => {
  const path = '/projects/shop/webhook-deliveries';

  it('holds what came and what came of it, without secrets and without the path', async () => {
    const hook = await githubReceiver();
    const body = { ...PUSH, token: 's3cr3t', note: 'it is s3cr3t' };
    await deliver(`${hook}?token=abc&env=prod`, body, github(body));
    const answer = await harness.call('GET', path);
    const [delivery] = (answer.body as { items: WebhookDelivery[] }).items;
    expect(delivery).toMatchObject({
      spec: {
        receiver: 'gh-push',
        type: 'github',
        receivedAt: '2026-01-01T00:00:00Z',
        headers: { 'x-github-event': 'push', 'x-github-delivery': '72d3162e' },
        query: { env: 'prod' },
      },
      outcome: { code: 200, message: 'refreshed 1 warehouse(s)', targets: ['Warehouse shop/web'] },
    });
    expect(answer.text).not.toContain('s3cr3t');
    expect(answer.text).not.toContain('sha256=');
    expect(answer.text).not.toContain(hook.split('/').at(-1));
    expect(harness.trace.toString()).not.toContain(hook.split('/').at(-1));
  });

  it('lets a delivery be handled again, as things are now', async () => {
    const hook = await githubReceiver();
    const body = { ...PUSH, ref: 'refs/heads/late' };
    await deliver(hook, body, github(body));
    const [first] = ((await harness.call('GET', `${path}?receiver=gh-push`)).body as { items: WebhookDelivery[] }).items;
    expect(first?.outcome.message).toBe('refreshed 0 warehouse(s)');
    await create(
      Warehouse,
      { namespace: 'shop', name: 'late' },
      { spec: { subscriptions: [{ git: { repoURL: REPO, branch: 'late' } }] } },
    );
    const replay = await harness.call('POST', `${path}/${first?.metadata.name}/replay`);
    expect(replay.status).toBe(200);
    expect((replay.body as WebhookDelivery).replays).toEqual([
      {
        at: '2026-01-01T00:00:00Z',
        code: 200,
        message: 'refreshed 1 warehouse(s)',
        targets: ['Warehouse shop/late'],
        actor: 'admin',
      },
    ]);
    expect(await woken()).toEqual(['shop/late']);
  });

  it('outlives the process, and what is in it can be handled again after that', async () => {
    await stop();
    const directory = await mkdtemp(join(tmpdir(), 'kargo-receivers-'));
    try {
      await start(join(directory, 'kargo.db'));
      await populate();
      const hook = await githubReceiver();
      await deliver(hook, PUSH, github(PUSH));
      await stop();
      await start(join(directory, 'kargo.db'));
      const [delivery, ...more] = ((await harness.call('GET', path)).body as { items: WebhookDelivery[] }).items;
      expect([delivery?.outcome.targets, more]).toEqual([['Warehouse shop/web'], []]);
      const replay = await harness.call('POST', `${path}/${delivery?.metadata.name}/replay`);
      expect([replay.status, (replay.body as WebhookDelivery).replays?.[0]?.targets]).toEqual([200, ['Warehouse shop/web']]);
      expect(await deliver(hook, PUSH, github(PUSH))).toMatchObject({ code: 200 });
    } finally {
      await stop();
      await rm(directory, { recursive: true });
      await start();
    }
  });

  it('tells why a delivery cannot be handled again', async () => {
    const hook = await githubReceiver();
    const body = { ...PUSH, note: 'x'.repeat(300 * 1024) };
    await deliver(hook, body, github(body));
    const [large] = (await harness.client.list(WebhookDelivery)).items;
    expect(large?.spec).toMatchObject({ bodySize: expect.any(Number) as number });
    expect(large?.spec.body).toBeUndefined();
    expect(await harness.call('POST', `${path}/${large?.metadata.name}/replay`)).toMatchObject({ status: 409 });
    await deliver(hook, PUSH, github(PUSH));
    const small = (await harness.client.list(WebhookDelivery)).items.find(({ spec }) => spec.body !== undefined);
    const key = { namespace: 'shop', name: 'shop' };
    await harness.client.patch(ProjectConfig, key, { type: 'merge', body: { spec: { webhookReceivers: [] } } });
    const answer = await harness.call('POST', `${path}/${small?.metadata.name}/replay`);
    expect([answer.status, answer.text]).toEqual([409, '{"error":"there is no webhook receiver gh-push any more"}']);
  });

  it('is bounded, and refused deliveries neither push out others nor keep the store busy', async () => {
    const hook = await githubReceiver();
    for (let index = 0; index < 35; index++) {
      await deliver(hook, PUSH, github(PUSH));
      await harness.clock.advanceTo(harness.clock.now() + 1000);
    }
    for (let index = 0; index < 30; index++) {
      await deliver(hook, PUSH, github(PUSH, 'guess'));
      await harness.clock.advanceTo(harness.clock.now() + (index < 10 ? 10 : 2000));
    }
    const { items } = await harness.client.list(WebhookDelivery, { namespace: 'shop' });
    const refusals = items.filter(({ outcome }) => outcome.code === 401);
    expect([items.length, refusals.length]).toEqual([40, 10]);
    expect(refusals.every(({ spec }) => spec.body === undefined)).toBe(true);
  });
});
