/**
 * Writes to the store in the file given as argument until a write is refused, and says so on standard output; again for each line on
 * standard input. Run by the test of full disks as a process of its own.
 */
import { createInterface } from 'node:readline';
import { allKinds, ConfigMap } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { systemClock, systemRandom } from '@kargo/kube';

const [path = ''] = process.argv.slice(2);
const server = openApiServer({ path, kinds: allKinds, clock: systemClock, random: systemRandom });
const client = server.client();

async function fill(atMost: number): Promise<void> {
  const answered: string[] = [];
  let refusal = '';
  while (refusal === '' && answered.length < atMost) {
    try {
      const metadata = { namespace: 'default', generateName: 'm-' };
      const made = await client.create(ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata,
        data: { text: 'x'.repeat(20_000) },
      });
      answered.push(made.metadata.name ?? '');
    } catch (error) {
      refusal = String(error);
    }
  }
  const { items } = await client.list(ConfigMap);
  console.log(JSON.stringify({ answered, refusal, readable: items.map(({ metadata }) => metadata.name) }));
}

await fill(10_000);
for await (const line of createInterface(process.stdin)) await fill(Number(line));
await server.close();
