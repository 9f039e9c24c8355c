/** From a pushed tag (the Warehouse is refreshed, as a webhook would) to Freight verified in `test`; verification itself takes no time. */
import { freightWithTag, pushTag, shown, startSeedWorld } from './seed-world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 10);

/** Prints the median time. */
export async function benchSeedLatency(): Promise<void> {
  const world = await startSeedWorld({ verification: false, autoPromote: true });
  try {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const tag = `1.26.${100 + round}`;
      const started = performance.now();
      await pushTag(world, tag);
      await freightWithTag(world, tag, ({ status }) => status?.verifiedIn?.['test'] !== undefined);
      if (round > 0) times.push(performance.now() - started);
      await freightWithTag(world, tag, ({ status }) => status?.verifiedIn?.['uat'] !== undefined);
    }
    console.log(`tag pushed to verified in test         ${shown(times)} (at most 3000)`);
  } finally {
    await world.close();
  }
}

if (import.meta.main) await benchSeedLatency();
