/** Looking for the newest of 10,000 tags once everything is known: requests to the registry (aim: at most 2) and milliseconds. */
import { realHttp, realRegistries } from '@kargo/integrations';
import { startRegistry } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { discoverImage } from '../packages/controllers/src/warehouse/image/discover-image.ts';

const TAGS = 10_000;
const http = realHttp();
const server = await startRegistry({ pageSize: 1_000_000 });
try {
  for (let tag = 0; tag < TAGS; tag += 1) server.pushImage('many', `1.${Math.floor(tag / 100)}.${tag % 100}`);
  const registries = realRegistries({ http, clock: systemClock, requestsPerSecond: 1_000_000 });
  const look = async (): Promise<{ requests: number; ms: number }> => {
    const [before, from] = [server.requests.length, performance.now()];
    await discoverImage(
      { registries, credentials: { find: () => Promise.resolve(undefined) } },
      {
        project: 'shop',
        name: undefined,
        subscription: { repoURL: server.repository('many') },
        confirm: 'routine',
        signal: new AbortController().signal,
      },
    );
    return { requests: server.requests.length - before, ms: performance.now() - from };
  };
  const tell = (what: string, { requests, ms }: { requests: number; ms: number }): void =>
    console.log(`  ${what.padEnd(14)} ${String(requests).padStart(3)} requests ${ms.toFixed(0).padStart(6)} ms`);
  console.log(`${TAGS} tags`);
  tell('first look', await look());
  let most = 0;
  for (let run = 0; run < 3; run += 1) {
    const found = await look();
    most = Math.max(most, found.requests);
    tell('steady state', found);
  }
  console.log(`  most requests in steady state ${most}, limit 2: ${most <= 2 ? 'ok' : 'TOO MANY'}`);
} finally {
  http.close();
  await server.close();
}
