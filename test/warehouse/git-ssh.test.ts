/** Git over the real SSH server: a Warehouse finds commits with a key of a Secret, and says so when the key is not let in. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Freight } from '@kargo/api';
import { secretCredentials } from '@kargo/controllers';
import { realGit, realProcesses } from '@kargo/integrations';
import { type GitServer, type SshServer, startGitServer, startSshServer } from '@kargo/integrations/testing';
import { silentLog, systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Outside, warehouseWorld } from '../../packages/controllers/src/warehouse/testing/warehouse-world.ts';
import { reader } from '../../packages/controllers/src/credentials/testing.ts';

let git: GitServer;
let ssh: SshServer | undefined;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'git-ssh-'));
  git = await startGitServer();
  await git.createRepository('deploy', { 'services/web/values.yaml': '1' });
  await git.tag('deploy', 'v1.0.0', 'main');
  const started = await startSshServer();
  if ('skipped' in started) console.warn(`skipped: git over SSH: ${started.skipped}`);
  else ssh = started;
});
afterAll(async () => {
  await ssh?.close();
  await git.close();
  await rm(folder, { recursive: true, force: true });
});

describe('git over SSH', () => {
  it.each([
    ['commits of a branch', {}],
    ['tags', { commitSelectionStrategy: 'SemVer' }],
  ])('finds %s with the key of a Secret, and not with another one', async (_, strategy) => {
    if (ssh === undefined) return;
    const repoURL = ssh.url(`${git.directory}/deploy.git`);
    for (const [key, good] of [
      [ssh.privateKey, true],
      [ssh.otherKey, false],
    ] as const) {
      const credentials = secretCredentials({
        reader: reader({ name: 'robot', data: { repoURL, sshPrivateKey: key } }),
        log: silentLog,
      });
      const ports = {
        credentials,
        git: realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'mirrors') }),
      };
      const world = await warehouseWorld(
        { subscriptions: [{ git: { repoURL, ...strategy } }] },
        { outside: new Outside(), ports },
      );
      await world.manager.idle();
      const { items } = await world.client.list(Freight, { namespace: 'shop' });
      expect(items.map(({ commits }) => commits?.[0]?.message)).toEqual(good ? ['Add the first files'] : []);
      const message = (await world.condition('Healthy'))?.message ?? '';
      if (!good) expect(message).toMatch(/Secret shop\/robot/);
      expect(message).not.toContain('PRIVATE KEY');
      await world.stop();
    }
  });
});

describe('hosts over SSH', () => {
  type Policy = NonNullable<NonNullable<Parameters<typeof realGit>[0]['hostKeys']>['policy']>;
  let count = 0;
  /** Asks the repository with a data folder of its own, which may be given again. */
  async function opened(): Promise<
    | {
        ask: (options?: { policy?: Policy; file?: string; knownHosts?: string }) => Promise<string>;
        server: SshServer;
      }
    | undefined
  > {
    if (ssh === undefined) return undefined;
    const server = ssh;
    const directory = join(folder, `hosts ${(count += 1)}`);
    return {
      server,
      ask: async ({ policy, file: knownHostsFile, knownHosts } = {}) => {
        const remote = {
          url: server.url(`${git.directory}/deploy.git`),
          credentials: { sshPrivateKey: server.privateKey, knownHosts, source: { namespace: 'shop', name: 'robot' } },
        };
        const hostKeys = { policy, knownHostsFile };
        const port = realGit({ processes: realProcesses(), clock: systemClock, directory, hostKeys });
        try {
          const { branches } = await port.remoteRefs(remote);
          const [commit] = await port.commits(remote, { branch: 'main', limit: 1 });
          return commit?.id === branches.get('main') ? 'answers' : 'differs';
        } catch (error) {
          expect(error).toMatchObject({ code: 'authentication', transient: false });
          return (error as Error).message;
        }
      },
    };
  }

  it('are trusted with the key they show first, and with no other one later', async () => {
    const world = await opened();
    if (world === undefined) return;
    const { ask, server } = world;
    expect(await ask()).toBe('answers');
    expect(await ask()).toBe('answers');
    await server.changeHostKey();
    expect(await ask()).toMatch(
      /host key of 127\.0\.0\.1:\d+ is not the one that is known: it shows the ED25519 key SHA256:\S+\. Somebody may be in between.*known_hosts in the data folder/,
    );
    // Whoever checked the new key says so.
    expect(await ask({ knownHosts: await server.knownHosts() })).toBe('answers');
    expect(await ask({ policy: 'Off' })).toBe('answers');
    // Another data folder has seen nothing yet.
    expect(await (await opened())?.ask()).toBe('answers');
  });

  it('must show a key that the Secret names, if it names any', async () => {
    const world = await opened();
    if (world === undefined) return;
    const { ask, server } = world;
    const knownHosts = await server.knownHosts();
    expect(await ask({ knownHosts: `# ours\n${knownHosts}` })).toBe('answers');
    await server.changeHostKey();
    expect(await ask({ knownHosts })).toMatch(/is not the one that is known.*knownHosts of Secret shop\/robot/);
    for (const policy of ['TrustOnFirstUse', 'Off'] as const)
      expect(await ask({ policy, knownHosts: 'other.example.com ssh-ed25519 AAAA' })).toMatch(
        /knownHosts of Secret shop\/robot names no key of it/,
      );
  });

  it('must be known beforehand where the installation wants that', async () => {
    const world = await opened();
    if (world === undefined) return;
    const { ask, server } = world;
    expect(await ask({ policy: 'Strict' })).toMatch(/is not recognised: its key is not known.*ssh-keyscan.*SSH_KNOWN_HOSTS_PATH/);
    const file = join(folder, 'known hosts');
    await writeFile(file, await server.knownHosts());
    expect(await ask({ policy: 'Strict', file })).toBe('answers');
    await server.changeHostKey();
    for (const policy of ['Strict', 'TrustOnFirstUse'] as const)
      expect(await ask({ policy, file })).toMatch(/is not the one that is known/);
  });
});
