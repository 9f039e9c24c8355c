/** Git over the real SSH server: a Warehouse finds commits with a key of a Secret, and says so when the key is not let in. */
import { mkdtemp, rm } from 'node:fs/promises';
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
