/**
 * From a push to Freight: a registry and a git host send webhooks to a running Kargo, and the Warehouse that subscribes makes Freight.
 * The aim is less than a second. Also with ten other Warehouses that the push does not concern.
 */
import { apiVersionOf, Freight, ProjectConfig, Secret, Warehouse } from '@kargo/api';
import { freightWithTag, firstThat, median, PROJECT, shown, startSeedWorld, type SeedWorld } from './seed-world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 10);
const LIMIT = 1000;
const OTHERS = 10;

/** The URLs at which the registry and the git host may announce pushes. */
async function receivers({ client, server }: SeedWorld): Promise<Record<string, string>> {
  await client.create(Secret, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: PROJECT, name: 'hook' },
    data: { secret: Buffer.from('a secret of this benchmark').toString('base64') },
  });
  const body = {
    spec: {
      webhookReceivers: [
        { name: 'registry', quay: { secretRef: { name: 'hook' } } },
        { name: 'code', azure: { secretRef: { name: 'hook' } } },
      ],
    },
  };
  await client.patch(ProjectConfig, { namespace: PROJECT, name: PROJECT }, { type: 'merge', body });
  const config = await firstThat<ProjectConfig>(
    client.watch(ProjectConfig, { namespace: PROJECT }),
    ({ status }) => status?.webhookReceivers?.length === 2,
  );
  return Object.fromEntries(
    (config.status?.webhookReceivers ?? []).map(({ name = '', path = '' }) => [name, `${server.address}${path}`]),
  );
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  if (!answer.ok) throw new Error(`the webhook was answered with ${answer.status}: ${await answer.text()}`);
}

const world = await startSeedWorld({ verification: false, autoPromote: false });
try {
  const { client, registry, git, addresses } = world;
  for (let other = 0; other < OTHERS; other += 1) registry.pushImage(`other-${other}`, '1.0.0');
  for (let other = 0; other < OTHERS; other += 1)
    await client.create(Warehouse, {
      apiVersion: apiVersionOf(Warehouse),
      kind: 'Warehouse',
      metadata: { namespace: PROJECT, name: `other-${other}` },
      spec: { subscriptions: [{ image: { repoURL: registry.repository(`other-${other}`) } }] },
    } as never);
  await git.createRepository('code', { 'a.txt': '0' });
  await client.create(Warehouse, {
    apiVersion: apiVersionOf(Warehouse),
    kind: 'Warehouse',
    metadata: { namespace: PROJECT, name: 'code' },
    spec: { subscriptions: [{ git: { repoURL: git.repositoryURL('code') } }] },
  } as never);
  const hooks = await receivers(world);
  await freightWithTag(world, '1.26.0');
  const images: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const tag = `1.26.${100 + round}`;
    registry.pushImage('nginx/nginx', tag);
    const from = performance.now();
    await post(hooks['registry'] ?? '', { docker_url: addresses.image, updated_tags: [tag] });
    await freightWithTag(world, tag);
    if (round > 0) images.push(performance.now() - from);
  }
  const commits: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const id = await git.commit('code', { files: { 'a.txt': `${round + 1}` }, message: `Change ${round}` });
    const from = performance.now();
    await post(
      hooks['code'] ?? '',
      {
        eventType: 'git.push',
        resource: {
          repository: { remoteUrl: git.repositoryURL('code') },
          refUpdates: [{ name: 'refs/heads/main', newObjectId: id }],
        },
      },
      { 'user-agent': 'VSServices/1' },
    );
    await firstThat<Freight>(client.watch(Freight, { namespace: PROJECT }), ({ commits: made }) => made?.[0]?.id === id);
    if (round > 0) commits.push(performance.now() - from);
  }
  for (const [what, times] of [
    ['image pushed to Freight', images],
    ['commit pushed to Freight', commits],
  ] as const)
    console.log(`${what.padEnd(38)} ${shown(times)}, limit ${LIMIT} ms: ${median(times) < LIMIT ? 'ok' : 'TOO SLOW'}`);
} finally {
  await world.close();
}
