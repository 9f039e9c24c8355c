/**
 * Promotions while another remote accepts connections and never answers. The same promotions are made in short turns with and without others
 * that hang on twenty repositories of it, half of which were fetched before. Prints the 99th percentiles and their difference, and by how much
 * two halves of those without differ: what a machine cannot tell apart.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realGit, realProcesses } from '@kargo/integrations';
import { startGitServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';

const ROUNDS = Number(process.env['ROUNDS'] ?? 50);
const PROMOTIONS = Number(process.env['PROMOTIONS'] ?? 12);
const HANGING = 20;
const MAX_DIFFERENCE = 0.1;
const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };

const percentile = (values: readonly number[], part: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

const folder = mkdtempSync(join(tmpdir(), 'bench-git-hung-'));
const [good, hung] = [await startGitServer(), await startGitServer()];
try {
  const remote = { url: await good.createRepository('demo', { 'README.md': 'hello\n' }) };
  const dead = await Promise.all(
    Array.from({ length: HANGING }, async (_, index) => ({
      url: await hung.createRepository(`demo-${index}`, { 'README.md': 'hello\n' }),
    })),
  );
  const git = realGit({
    processes: realProcesses({ grace: 200, helper: true }),
    clock: systemClock,
    directory: join(folder, 'cache'),
  });
  let made = 0;
  const promote = async (): Promise<number> => {
    const place = join(folder, 'work', `${(made += 1)}`);
    const begun = performance.now();
    const clone = await git.clone({ remote, home: join(place, 'home'), author: AUTHOR });
    const tree = await clone.addWorkTree({ path: join(place, 'tree'), ref: { branch: 'main' } });
    await writeFile(join(tree.path, 'x'), `${made}\n`);
    await tree.commitChanges({ message: `Promote ${made}`, date: made * 1000 });
    await tree.land({ branch: 'main', policy: 'AlwaysRebase', date: made * 1000 });
    const took = performance.now() - begun;
    rmSync(place, { recursive: true });
    return took;
  };
  const hang = (): { end: () => Promise<void> } => {
    const stop = new AbortController();
    const work = dead.map((one, index) =>
      git.clone({ remote: one, home: join(folder, `dead-${index}`), author: AUTHOR, signal: stop.signal }).catch(() => undefined),
    );
    return {
      end: async () => {
        stop.abort();
        await Promise.all(work);
      },
    };
  };
  for (const [index, one] of dead.entries())
    if (index % 2 === 0) await git.clone({ remote: one, home: join(folder, `dead-${index}`), author: AUTHOR });
  hung.setFault(() => 'hang');
  for (let warm = 0; warm < 5; warm += 1) await promote();
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // Now these first, now those: whatever else the machine is up to meets both.
    for (const way of round % 2 === 0 ? [alone, beside] : [beside, alone]) {
      const others = way === beside ? hang() : undefined;
      await new Promise((resolve) => setTimeout(resolve, 300));
      for (let run = 0; run < PROMOTIONS; run += 1) way.push(await promote());
      await others?.end();
    }
  }
  const [before, during] = [percentile(alone, 0.99), percentile(beside, 0.99)];
  const difference = during / before - 1;
  const half = (which: number): number =>
    percentile(
      alone.filter((_, index) => Math.floor(index / PROMOTIONS) % 2 === which),
      0.99,
    );
  const noise = Math.abs(half(0) / half(1) - 1);
  console.log(`${alone.length} promotions each, ${HANGING} more hanging on a remote that never answers`);
  for (const [name, values] of [
    ['without', alone],
    ['with', beside],
  ] as const)
    console.log(
      `  ${name.padEnd(8)} median ${percentile(values, 0.5).toFixed(0)} ms, p99 ${percentile(values, 0.99).toFixed(0)} ms`,
    );
  console.log(
    `  p99 changes by ${(difference * 100).toFixed(1)} % (aim: less than ${MAX_DIFFERENCE * 100} %) ${difference < MAX_DIFFERENCE ? 'ok' : 'MISSED'}`,
  );
  console.log(`  two halves without differ by ${(noise * 100).toFixed(1)} %`);
} finally {
  await good.close();
  await hung.close();
  rmSync(folder, { recursive: true, force: true });
}
