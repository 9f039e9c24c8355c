/** `kill -9` at random moments of promotions, restart each time: every promotion ends, each commit is made once, no status goes back. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { annotations, Freight, Promotion, Stage, Warehouse } from '@kargo/api';
import { startGitServer, startRegistry, type GitServer, type RegistryServer } from '@kargo/integrations/testing';
import { httpClient, seededRandom, type Client } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { serving, type KargoServer } from '../../examples/demo/kargo.ts';
import { localizedRepository, manifest } from '../../examples/demo/manifests.ts';
import { standBy, type Standby } from '../support/standby.ts';
import { applyObjects } from './apply-objects.ts';

const KILLS = 50;
const PROJECT = 'kargo-demo';

let folder: string;
let git: GitServer;
let registry: RegistryServer;
let server: KargoServer;
/** The life after this one: it loads the program while this one works, which takes longer than to start. */
let next: Standby;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kargo-crash-'));
  git = await startGitServer({ directory: join(folder, 'git') });
  registry = await startRegistry();
  next = prepare();
});

afterAll(async () => {
  server?.process.kill('SIGKILL');
  next?.child.kill('SIGKILL');
  await git?.close();
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

function prepare(): Standby {
  const args = [
    '--data',
    join(folder, 'data'),
    '--listen',
    '127.0.0.1:0',
    '--log-level',
    'error',
    '--job-executor',
    'local-process',
  ];
  return standBy(['up', ...args], { KARGO_ADMIN_PASSWORD: 'x' });
}

async function start(): Promise<Client> {
  const { child, begin } = next;
  begin();
  server = await serving(child);
  next = prepare();
  const config = parse(await readFile(join(folder, 'data', 'kubeconfig'), 'utf8')) as {
    users: { user: { token: string } }[];
  };
  return httpClient({ baseURL: server.address, token: config.users[0]?.user.token ?? '' });
}

async function kill(): Promise<void> {
  const ended = new Promise((resolve) => server.process.once('exit', resolve));
  server.process.kill('SIGKILL');
  await ended;
}

const RANK: Record<string, number> = { '': 0, Pending: 1, Running: 2, Succeeded: 3, Failed: 3, Errored: 3, Aborted: 3 };

/** Remembers how far each object had come, and reports every step back. */
class Progress {
  readonly backward: string[] = [];
  readonly #phases = new Map<string, { phase: string; step: number }>();
  readonly #verified = new Set<string>();

  async look(client: Client): Promise<void> {
    const promotions = (await client.list(Promotion, { namespace: PROJECT })).items;
    for (const { metadata, status } of promotions) {
      const name = metadata.name ?? '';
      const now = { phase: status?.phase ?? '', step: status?.currentStep ?? 0 };
      const before = this.#phases.get(name);
      if (before !== undefined) {
        const finished = RANK[before.phase] === 3;
        if ((RANK[now.phase] ?? 0) < (RANK[before.phase] ?? 0) || (finished && now.phase !== before.phase))
          this.backward.push(`${name}: ${before.phase} became ${now.phase}`);
        if (now.step < before.step) this.backward.push(`${name}: step ${before.step} became ${now.step}`);
      }
      this.#phases.set(name, now);
    }
    for (const name of this.#phases.keys())
      if (!promotions.some(({ metadata }) => metadata.name === name)) this.backward.push(`${name} is gone`);
    const freight = (await client.list(Freight, { namespace: PROJECT })).items;
    for (const { metadata, status } of freight)
      for (const stage of Object.keys(status?.verifiedIn ?? {})) this.#verified.add(`${metadata.name} in ${stage}`);
    for (const entry of this.#verified) {
      const [name, stage] = entry.split(' in ');
      if (freight.find(({ metadata }) => metadata.name === name)?.status?.verifiedIn?.[stage ?? ''] === undefined)
        this.backward.push(`${entry} is no longer verified`);
    }
  }
}

describe('a process that is killed again and again', () => {
  it(`survives ${KILLS} kills: promotions end, commits are made once, nothing goes back`, async () => {
    const addresses = { repository: git.repositoryURL('repo'), image: `${registry.host}/nginx/nginx` };
    await git.createRepository('repo', localizedRepository(addresses));
    registry.pushImage('nginx/nginx', '1.26.0');
    let client = await start();
    for (const name of ['project', 'stages', 'applications'] as const) {
      const text = (await manifest(name, addresses)).replace('- "10"', '- "0"');
      await applyObjects(
        client,
        parseAllDocuments(text).map((document) => document.toJS() as never),
      );
    }
    const random = seededRandom(20261124);
    const progress = new Progress();
    for (let round = 1; round <= KILLS; round += 1) {
      registry.pushImage('nginx/nginx', `1.26.${round}`);
      await client.patch(
        Warehouse,
        { namespace: PROJECT, name: 'my-warehouse' },
        { type: 'merge', body: { metadata: { annotations: { [annotations.refresh]: `round-${round}` } } } },
      );
      await new Promise((resolve) => setTimeout(resolve, 50 + random.next() * 1500));
      await progress.look(client);
      await kill();
      client = await start();
      await progress.look(client);
    }
    const end = performance.now() + 120_000;
    for (;;) {
      await progress.look(client);
      const promotions = (await client.list(Promotion, { namespace: PROJECT })).items;
      const stage = await client.get(Stage, { namespace: PROJECT, name: 'uat' });
      const tag = stage.status?.freightHistory?.[0]?.items?.['Warehouse/my-warehouse']?.images?.[0]?.tag;
      if (
        tag === `1.26.${KILLS}` &&
        stage.status?.phase === 'Steady' &&
        promotions.every(({ status }) => RANK[status?.phase ?? ''] === 3)
      )
        break;
      if (performance.now() > end)
        throw new Error(
          `not all promotions ended:\n${promotions.map(({ metadata, status }) => `${metadata.name} ${status?.phase} ${status?.message ?? ''}`).join('\n')}`,
        );
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(progress.backward).toEqual([]);

    const promotions = (await client.list(Promotion, { namespace: PROJECT })).items;
    expect(
      promotions
        .filter(({ status }) => status?.phase !== 'Succeeded')
        .map(({ metadata, status }) => `${metadata.name} ${status?.phase}: ${status?.message}`),
    ).toEqual([]);
    for (const stage of ['test', 'uat']) {
      const log = await git.log('repo', `stage/${stage}`);
      const messages = log.map(({ message }) => message);
      expect(
        messages.filter((message, index) => messages.indexOf(message) !== index),
        `commits made twice on stage/${stage}`,
      ).toEqual([]);
      const made = promotions
        .filter(({ spec }) => spec.stage === stage)
        .map(({ status }) => (status?.state?.['commit'] as { commit?: string } | undefined)?.commit);
      // Oldest first after the initial commit: exactly the commits of the promotions, in their order.
      expect(
        log
          .slice(0, -1)
          .map(({ id }) => id)
          .toReversed(),
      ).toEqual(made);
    }
  }, 400_000);
});
