/** `kargo up` as a process: what keeps it from starting, how it stops, how it goes on. */
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Promotion } from '@kargo/api';
import { startGitServer, startRegistry } from '@kargo/integrations/testing';
import { httpClient, type Client } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kargo, startKargo, type KargoServer } from '../../examples/demo/kargo.ts';
import { promotionTemplate } from './document.ts';

const BIN = join(import.meta.dirname, '../../packages/controlplane/bin/kargo.js');

let folder: string;
let first: KargoServer;

/** Runs `kargo up`, which must end by itself. */
function up(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [BIN, 'up', ...args], { env: { ...process.env, KARGO_ADMIN_PASSWORD: 'x' } });
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (output.includes('kargo is listening on')) child.kill();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kargo-startup-'));
  first = await startKargo(['--data', join(folder, 'first'), '--listen', '127.0.0.1:0', '--log-level', 'error'], {
    KARGO_ADMIN_PASSWORD: 'first-password',
  });
}, 60_000);
afterAll(async () => {
  await first?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('kargo up', () => {
  it.each<{ name: string; args: () => Promise<string[]>; says: RegExp }>([
    {
      name: 'its data folder is in use',
      args: () => Promise.resolve(['--data', join(folder, 'first'), '--listen', '127.0.0.1:0']),
      says: /^Error: .*first is in use by process \d+: stop it, or choose another folder with --data\n$/,
    },
    {
      name: 'its port is in use',
      args: () => Promise.resolve(['--data', join(folder, 'second'), '--listen', new URL(first.address).host]),
      says: /Error: listening on 127\.0\.0\.1:\d+: another program has it: stop it, or choose another address with --listen\n$/,
    },
    {
      name: 'its secrets are damaged',
      args: async () => {
        const data = await mkdtemp(join(folder, 'damaged-'));
        await writeFile(join(data, 'secrets.json'), '{"adminPasswordHash": "x');
        return ['--data', data, '--listen', '127.0.0.1:0'];
      },
      says: /^Error: reading .*secrets\.json: .*; restore it from a backup, or delete it to make new secrets/,
    },
    {
      name: 'its database is damaged',
      args: async () => {
        const data = await mkdtemp(join(folder, 'damaged-'));
        await writeFile(join(data, 'kargo.db'), 'this is no database, whatever it is called; '.repeat(100));
        return ['--data', data, '--listen', '127.0.0.1:0'];
      },
      says: /^Error: .*kargo\.db/,
    },
    {
      name: 'its data folder is a file',
      args: async () => {
        await writeFile(join(folder, 'file'), '');
        return ['--data', join(folder, 'file'), '--listen', '127.0.0.1:0'];
      },
      says: /^Error: cannot start on the data folder .*file: there is a file in its place: choose a folder with --data \(EEXIST/,
    },
    {
      name: 'the way to its data folder leads through a file',
      args: async () => {
        await writeFile(join(folder, 'file'), '');
        return ['--data', join(folder, 'file', 'data'), '--listen', '127.0.0.1:0'];
      },
      says: /^Error: .*a part of its path is a file: choose another folder with --data \(ENOTDIR/,
    },
    {
      name: 'its password is empty',
      args: () => Promise.resolve(['--data', join(folder, 'second'), '--admin-password', '']),
      says: /^Error: --admin-password must not be empty: leave it away to have one made\n$/,
    },
    {
      name: 'a flag is unknown',
      args: () => Promise.resolve(['--dta', 'x']),
      says: /^Error: Unknown option '--dta'.*kargo up --help lists the flags/,
    },
    {
      name: 'an address is none',
      args: () => Promise.resolve(['--listen', 'nowhere']),
      says: /^Error: --listen must be HOST:PORT/,
    },
  ])('ends with code 1 and one line that says what to do when $name', async ({ args, says }) => {
    const { code, output } = await up(...(await args()));
    expect(output).toMatch(says);
    expect(output).not.toMatch(/\n {4}at /);
    expect(code).toBe(1);
  });

  it('takes over the data folder of one that was killed', async () => {
    const args = ['--data', join(folder, 'killed'), '--listen', '127.0.0.1:0', '--log-level', 'error'];
    const killed = await startKargo(args);
    killed.process.kill('SIGKILL');
    await new Promise((resolve) => killed.process.once('exit', resolve));
    await (await startKargo(args)).stop();
  });

  it('keeps the password in no file, and its files to itself', async () => {
    const data = join(folder, 'first');
    for (const entry of await readdir(data, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const content = await readFile(join(entry.parentPath, entry.name));
      expect(content.includes('first-password'), entry.name).toBe(false);
    }
  });
});

describe('SIGTERM in the middle of a promotion', () => {
  it('stops at once, and the promotion goes on after the next start', async () => {
    const git = await startGitServer({ directory: join(folder, 'git') });
    const registry = await startRegistry();
    try {
      const repository = await git.createRepository('repo', {
        'base/kustomization.yaml': 'resources: []\n',
        'stages/test/kustomization.yaml': 'resources: [../../base]\nconfigMapGenerator: [{name: a, literals: [a=b]}]\n',
      });
      registry.pushImage('app', '1.0.0');
      const steps = (promotionTemplate.split('      - uses: argocd-update')[0] ?? '')
        .replaceAll('https://github.com/example/repo.git', repository)
        .replaceAll('public.ecr.aws/nginx/nginx', registry.repository('app'));
      const args = ['--data', join(folder, 'term'), '--listen', '127.0.0.1:0', '--log-level', 'error'];
      let server = await startKargo(args, { KARGO_ADMIN_PASSWORD: 'x' });
      const env = { XDG_CONFIG_HOME: join(folder, 'config') };
      const run = (command: string, input?: string): Promise<string> =>
        kargo(command.split(' '), { env, ...(input === undefined ? {} : { input }) });
      await run(`login ${server.address} --admin --password x`);
      await run('create project shop');
      await run(
        'apply -f -',
        `
apiVersion: kargo.akuity.io/v1alpha1
kind: Warehouse
metadata: {name: w, namespace: shop}
spec: {subscriptions: [{image: {repoURL: ${registry.repository('app')}, constraint: ">=1.0.0"}}]}
---
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: test, namespace: shop}
spec:
  requestedFreight: [{origin: {kind: Warehouse, name: w}, sources: {direct: true}}]
${steps}`,
      );
      let freight = '';
      while (freight === '') freight = await run('get freight --project shop -o jsonpath={.metadata.name}');
      let pushes = 0;
      const pushing = new Promise<void>((resolve) => {
        git.setFault(({ service, phase }) => {
          if (service !== 'git-receive-pack' || phase !== 'rpc') return undefined;
          pushes += 1;
          // The first makes the branch; the second would bring the commit.
          if (pushes < 2) return undefined;
          resolve();
          return 'hang';
        });
      });
      await run(`promote --project shop --stage test --freight ${freight}`);
      await pushing;
      const asked = performance.now();
      await server.stop();
      expect(server.process.exitCode).toBe(0);
      expect(performance.now() - asked).toBeLessThan(20_000);
      git.setFault(undefined);

      server = await startKargo(args);
      try {
        const ended = await promotionEnd(await clientOf(join(folder, 'term'), server.address));
        expect(ended.status?.phase).toBe('Succeeded');
        expect(await git.log('repo', 'stage/test')).toHaveLength(2);
      } finally {
        await server.stop();
      }
    } finally {
      await git.close();
      await registry.close();
    }
  }, 90_000);
});

async function clientOf(data: string, address: string): Promise<Client> {
  const config = parse(await readFile(join(data, 'kubeconfig'), 'utf8')) as { users: { user: { token: string } }[] };
  return httpClient({ baseURL: address, token: config.users[0]?.user.token ?? '' });
}

async function promotionEnd(client: Client): Promise<Promotion> {
  for (;;) {
    const [promotion] = (await client.list(Promotion, { namespace: 'shop' })).items;
    if (promotion?.status?.finishedAt !== undefined) return promotion;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
