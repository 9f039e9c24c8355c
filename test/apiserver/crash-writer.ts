/**
 * Writes to the store in the file given as argument until it is killed, and prints every write once it is answered:
 * `name resourceVersion count`. Run by the durability test as a process of its own.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { allKinds, ConfigMap } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { systemClock, systemRandom } from '@kargo/kube';

// A process that is killed would leave nothing compiled for the next one.
flushCompileCache();
const [path = ''] = process.argv.slice(2);
const server = openApiServer({ path, kinds: allKinds, clock: systemClock, random: systemRandom, historyLimit: 100_000 });
const client = server.client();

async function work(worker: number): Promise<never> {
  const key = { namespace: 'default', name: `counter-${worker}` };
  const existing = await client.get(ConfigMap, key).catch(() => undefined);
  let counter =
    existing ?? (await client.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { count: '0' } }));
  for (let turn = 0; ; turn++) {
    const count = Number(counter.data?.['count'] ?? 0) + 1;
    counter = await client.update(ConfigMap, { ...counter, data: { count: String(count) } });
    writeSync(1, `${key.name} ${counter.metadata.resourceVersion} ${count}\n`);
    if (turn % 7 !== 0) continue;
    const made = await client.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', generateName: 'one-' },
    });
    writeSync(1, `${made.metadata.name} ${made.metadata.resourceVersion} 0\n`);
  }
}

await Promise.all(Array.from({ length: 20 }, (_, worker) => work(worker)));
