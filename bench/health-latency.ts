/** From the moment an Application turns healthy after a promotion to Freight verified in its Stage; verification itself takes no time. */
import { Application } from '@kargo/api';
import { freightWithTag, pushTag, shown, startSeedWorld, type SeedWorld } from './seed-world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 10);
const APPLICATION = 'kargo-demo-test';

/** Notes when the Application was last seen to turn healthy, and what it showed then. */
class HealthyMoments {
  #healthy = true;
  /** Milliseconds, of the monotonic clock. */
  at = 0;

  async follow({ client }: SeedWorld, signal: AbortSignal): Promise<void> {
    for await (const event of client.watch(Application, { namespace: 'argocd', signal })) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name !== APPLICATION) continue;
      const healthy = event.object.status?.health?.status === 'Healthy';
      if (healthy && !this.#healthy) this.at = performance.now();
      this.#healthy = healthy;
    }
  }
}

/** Prints the median time. */
export async function benchHealthLatency(): Promise<void> {
  const world = await startSeedWorld({ verification: false, autoPromote: true });
  const stop = new AbortController();
  const moments = new HealthyMoments();
  const following = moments.follow(world, stop.signal).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  try {
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const tag = `1.26.${100 + round}`;
      await pushTag(world, tag);
      await freightWithTag(world, tag, ({ status }) => status?.verifiedIn?.['test'] !== undefined);
      if (round > 0) times.push(performance.now() - moments.at);
      await freightWithTag(world, tag, ({ status }) => status?.verifiedIn?.['uat'] !== undefined);
    }
    console.log(`Application healthy to Freight verified  ${shown(times)} (at most 500)`);
  } finally {
    stop.abort();
    await following;
    await world.close();
  }
}

if (import.meta.main) await benchHealthLatency();
