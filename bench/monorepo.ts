/**
 * One push to a repository with 57 Warehouses and 15,000 commits: git commands run and milliseconds until all have decided. The aim is
 * one fetch and less than 2 s. Also the first look, and one where nothing has changed.
 */
import { monorepo } from '../test/warehouse/monorepo-world.ts';

const [SERVICES, COMMITS, LIMIT] = [57, 15_000, 2000];

const world = await monorepo({ services: SERVICES, commits: COMMITS });
const tell = (what: string, ms: number): void => {
  const commands = Object.entries(world.takeCommands())
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  console.log(`  ${what.padEnd(42)} ${ms.toFixed(0).padStart(6)} ms  ${commands}`);
};
try {
  console.log(`${SERVICES} Warehouses, ${COMMITS} commits`);
  tell('first look', await world.start());
  const times: number[] = [];
  for (const [index, services] of [[3, 14], [56], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [20], [21]].entries()) {
    await world.push(services);
    const ms = await world.announce(`push-${index}`);
    times.push(ms);
    tell(`a push that touches ${services.length} of them`, ms);
  }
  tell('nothing new', await world.announce('nothing'));
  const worst = Math.max(...times);
  console.log(`  slowest push ${worst.toFixed(0)} ms, limit ${LIMIT} ms: ${worst < LIMIT ? 'ok' : 'TOO SLOW'}`);
} finally {
  await world.close();
}
