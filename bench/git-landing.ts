/**
 * 100 promotions that write different paths of one branch at the same time, over HTTP to a real git server: how many pushes they take, how
 * long, and whether all of them landed.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realGit, realProcesses } from '@kargo/integrations';
import { startGitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';

const PROMOTIONS = Number(process.env['PROMOTIONS'] ?? 100);
const MAX_PUSHES = 20;

const folder = mkdtempSync(join(tmpdir(), 'bench-git-landing-'));
const server = await startGitServer();
try {
  const files = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`apps/${index}/values.yaml`, `index: ${index}\n`]));
  const remote = { url: await server.createRepository('demo', files) };
  const git = realGit({ processes: realProcesses({ helper: true }), clock: systemClock, directory: join(folder, 'cache') });
  const promote = async (index: number): Promise<number> => {
    const begun = performance.now();
    const author = { name: 'Kargo', email: 'kargo@example.com' };
    const clone = await git.clone({ remote, home: join(folder, 'work', `${index}`, 'home'), author });
    const tree = await clone.addWorkTree({ path: join(folder, 'work', `${index}`, 'tree'), ref: { branch: 'main' } });
    await writeFile(join(tree.path, `apps/${index}/values.yaml`), `promoted: ${index}\n`);
    await tree.stage();
    const date = 1_750_000_000_000 + index * 1000;
    await tree.commit({ message: `Promote ${index}`, date });
    for (;;) if ((await tree.land({ branch: 'main', policy: 'AlwaysRebase', date })) === 'landed') break;
    return performance.now() - begun;
  };
  const begun = performance.now();
  const took = await Promise.all(Array.from({ length: PROMOTIONS }, (_, index) => promote(index)));
  const all = performance.now() - begun;
  const messages = new Set((await server.log('demo', 'main')).map(({ message }) => message));
  const changed = await server.files('demo', 'main');
  const lost = Array.from({ length: PROMOTIONS }, (_, index) => index).filter(
    (index) => !messages.has(`Promote ${index}`) || changed[`apps/${index}/values.yaml`] !== `promoted: ${index}\n`,
  );
  const pushes = server.requests.filter(({ service, phase }) => service === 'git-receive-pack' && phase === 'rpc').length;
  const ok = lost.length === 0 && pushes <= MAX_PUSHES;
  console.log(`${PROMOTIONS} promotions into one branch at once: ${PROMOTIONS - lost.length} landed, ${lost.length} lost`);
  console.log(`  pushes   ${pushes} (aim: at most ${MAX_PUSHES}) ${ok ? 'ok' : 'MISSED'}`);
  console.log(`  time     ${(all / 1000).toFixed(1)} s in all, the slowest ${(Math.max(...took) / 1000).toFixed(1)} s`);
  process.exitCode = ok ? 0 : 1;
} finally {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
}
