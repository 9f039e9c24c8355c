/** Private repositories: what is said without credentials, how it goes on with them, and where the password never is. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AnalysisRun, Application, Event, Freight, Promotion, Secret, Stage, Warehouse, type Kind } from '@kargo/api';
import type { Log } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT, World } from './world.ts';

const PASSWORD = 'correct-horse-battery';

let world: World;
const logged: string[] = [];

function recordingLog(): Log {
  const write = (facts: object, message: string): void => {
    logged.push(
      message,
      ...Object.values(facts).map((fact) => (fact instanceof Error ? (fact.stack ?? '') : (JSON.stringify(fact) ?? ''))),
    );
  };
  return { debug: write, info: write, warn: write, error: write, child: recordingLog } as Log;
}

const secret = (name: string, type: string, repoURL: string, password: string): object => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace: PROJECT, labels: { 'kargo.akuity.io/cred-type': type } },
  stringData: { repoURL, username: 'robot', password },
});

const message = (fits: RegExp): Promise<string> =>
  world.until(`${fits.source} at the Warehouse`, async () => {
    const { status } = await world.get(Warehouse, 'my-warehouse');
    const found = status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    return fits.test(found) && found;
  });

/** Command lines of all processes that this one has started, and those have: looking at no others is quick, so that few are missed. */
async function commandLines(parent = 'self'): Promise<string> {
  const threads = await readdir(`/proc/${parent}/task`).catch(() => []);
  const lists = threads.map((thread) => readFile(`/proc/${parent}/task/${thread}/children`, 'latin1').catch(() => ''));
  const children = (await Promise.all(lists))
    .join(' ')
    .split(' ')
    .filter((id) => id !== '');
  const texts = children.map(
    async (id) => `${await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '')}\n${await commandLines(id)}`,
  );
  return (await Promise.all(texts)).join('\n');
}

beforeAll(async () => {
  const auth = { username: 'robot', password: PASSWORD };
  world = await World.start({ auth, config: { allowCredentialsOverHTTP: true, logLevel: 'debug' }, log: recordingLog() });
  world.registry.pushImage('nginx/nginx', '1.26.2');
  await world.applyPipeline({ sleep: '0' });
}, 60_000);
afterAll(() => world?.close());

describe('a private repository', () => {
  it('without credentials is reported with the Secret to create: label and keys', async () => {
    const said = await message(/could not/);
    for (const [type, url] of [
      ['git', world.addresses.repository],
      ['image', world.addresses.image],
    ] as const) {
      expect(said).toContain(`create a Secret in the namespace of the Project with the label kargo.akuity.io/cred-type: ${type}`);
      expect(said).toContain(`the keys repoURL (${url}), username and password`);
    }
  });

  it('with wrong credentials is reported with the Secret to correct', async () => {
    await world.client.create(Secret, secret('deploy-key', 'git', world.addresses.repository, 'wrong') as Secret);
    await message(/Secret kargo-demo\/deploy-key.*correct/);
  });

  it('is used by itself as soon as the credentials are right, and brings Freight to the end of a Stage', async () => {
    const stored = await world.client.get(Secret, { namespace: PROJECT, name: 'deploy-key' });
    const data = { ...stored.data, password: Buffer.from(PASSWORD).toString('base64') };
    await world.client.update(Secret, { ...stored, data });
    await world.client.create(Secret, secret('pull', 'image', world.addresses.image, PASSWORD) as Secret);
    let seen = '';
    let lines = 0;
    let isOver = false;
    const watching = (async () => {
      while (!isOver) {
        const text = await commandLines();
        lines += text.includes('git') ? 1 : 0;
        seen += text.includes(PASSWORD) ? 'the password was in a command line' : '';
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const { metadata } = await world.freightWithTag('1.26.2');
    // Everything that needs them happens in one Stage: cloning, pushing, comparing, syncing.
    await world.verified(metadata.name ?? '', 'test');
    isOver = true;
    await watching;
    expect(seen).toBe('');
    expect(lines).toBeGreaterThan(0);
  }, 90_000);
});

describe('the password', () => {
  const encoded = [PASSWORD, Buffer.from(PASSWORD).toString('base64'), Buffer.from(`robot:${PASSWORD}`).toString('base64')];
  const shows = (text: string): boolean => encoded.some((secret) => text.includes(secret));

  it('is in no object but its Secrets', async () => {
    for (const kind of [AnalysisRun, Application, Event, Freight, Promotion, Stage, Warehouse]) {
      const { items } = await world.client.list(kind as Kind, {});
      expect(items.length, kind.kind).toBeGreaterThan(0);
      expect(shows(JSON.stringify(items)), kind.kind).toBe(false);
    }
  });

  it('is not in the log, at its most talkative', () => {
    expect(logged.length).toBeGreaterThan(10);
    expect(logged.filter(shows)).toEqual([]);
  });

  it('is in no file but the store', async () => {
    const data = join(world.folder, 'data');
    const files = (await readdir(data, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(3);
    for (const { name, parentPath } of files) {
      if (name.startsWith('kargo.db')) continue;
      // Work goes on meanwhile: a lock of git, say, is gone by now.
      const text = await readFile(join(parentPath, name), 'latin1').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      expect(shows(text), name).toBe(false);
    }
  });

  it('is not in the environment of this process', () => {
    expect(shows(JSON.stringify(process.env))).toBe(false);
  });
});
