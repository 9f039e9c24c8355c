import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { realProcesses } from '../process/real-processes.ts';
import { GitRunner } from './git-runner.ts';
import { MirrorStore } from './mirror-store.ts';
import { DEFAULT_UPKEEP } from './mirror-upkeep.ts';
import { cleanRemote } from './remote-url.ts';
import { DEFAULT_SPARES } from './spare-budget.ts';
import { DEFAULT_TIMEOUTS } from './timeouts.ts';

it('has one mirror in a folder, also for those who come back while the old one is deleted', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'store-'));
  try {
    let now = Date.now();
    const hostKeys = { policy: 'TrustOnFirstUse', knownHostsFile: undefined, learnedFile: join(directory, 'hosts') } as const;
    const store = new MirrorStore({
      runner: new GitRunner({ processes: realProcesses(), directory, hostKeys }),
      directory,
      timeouts: DEFAULT_TIMEOUTS,
      clock: { ...systemClock, now: () => now },
      http: realHttp({}),
      rehearsal: undefined,
      upkeep: DEFAULT_UPKEEP,
      spares: DEFAULT_SPARES,
    });
    const one = cleanRemote({ url: 'https://git.example.com/one.git' });
    const old = await store.whole(one);
    // Takes longer to be deleted than to be asked for.
    await mkdir(old.gitDir, { recursive: true });
    for (let index = 0; index < 1000; index += 1) await writeFile(join(old.gitDir, String(index)), '');
    now += 2 * DEFAULT_UPKEEP.lifetime;
    const other = store.whole(cleanRemote({ url: 'https://git.example.com/other.git' }));
    while ((await readdir(old.gitDir).catch(() => [])).length === 1000);
    const fresh = await store.whole(one);
    expect(fresh).not.toBe(old);
    expect(fresh.gitDir).toBe(old.gitDir);
    await mkdir(fresh.gitDir, { recursive: true });
    await other;
    expect(await store.whole(one)).toBe(fresh);
    expect(await readdir(dirname(fresh.gitDir))).toEqual(['repo.git']);
    expect(await readdir(join(directory, 'gone'))).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
