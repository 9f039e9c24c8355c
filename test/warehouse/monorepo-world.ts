/** One repository with many services, a Warehouse for each, and everything real but the cluster. For a test and a benchmark. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allKinds, annotations, apiVersionOf, Freight, Namespace, Warehouse } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { eventRecorder, warehouseController } from '@kargo/controllers';
import { type Processes, realCharts, realGit, realHttp, realProcesses, realRegistries } from '@kargo/integrations';
import { type GitServer, startGitServer } from '@kargo/integrations/testing';
import { Manager, silentLog, systemClock, systemRandom } from '@kargo/kube';

const NAME = 'monorepo';
const PROJECT = 'shop';

export interface Monorepo {
  server: GitServer;
  /** Git commands that were run since the last time they were counted, by name. */
  takeCommands(): Record<string, number>;
  /** Starts the Warehouses. Returns the milliseconds until all have looked. */
  start(): Promise<number>;
  /** Adds one commit that touches these services. */
  push(services: readonly number[]): Promise<string>;
  /** Tells every Warehouse of a push, as the receiver of webhooks does. Returns the milliseconds until all have looked. */
  announce(token: string): Promise<number>;
  /** Service → subject of the newest commit that its Warehouse has found. */
  newest(): Promise<Map<number, string>>;
  /** How many pieces of Freight there are. */
  freight(): Promise<number>;
  close(): Promise<void>;
}

/** Makes the repository: each commit touches the service of its number, those in the second half of every hundred come by merges. */
export async function monorepo({ services, commits }: { services: number; commits: number }): Promise<Monorepo> {
  const folder = await mkdtemp(join(tmpdir(), 'monorepo-'));
  const server = await startGitServer();
  const url = await server.createRepository(NAME);
  await server.gitWith(NAME, { input: history(services, commits) }, 'fast-import', '--quiet', '--done', '--date-format=raw');
  let commands: Record<string, number> = {};
  const real = realProcesses();
  const processes: Processes = {
    run: (request) => {
      const name =
        request.args.find((argument, index) => /^[a-z][a-z-]+$/.test(argument) && request.args[index - 1] !== '-c') ?? '';
      commands[name] = (commands[name] ?? 0) + 1;
      return real.run(request);
    },
  };
  const http = realHttp();
  const registries = realRegistries({ http, clock: systemClock });
  const api = openApiServer({ path: ':memory:', kinds: allKinds, clock: systemClock, random: systemRandom });
  const client = api.client();
  const manager = new Manager({ client, clock: systemClock, random: systemRandom, log: silentLog });
  const events = eventRecorder({ client, clock: systemClock, random: systemRandom, log: silentLog, component: 'test' });
  manager.add(
    warehouseController({
      client,
      clock: systemClock,
      events,
      git: realGit({ processes, clock: systemClock, directory: join(folder, 'mirrors') }),
      registries,
      charts: realCharts({ http, clock: systemClock, registries }),
      credentials: { find: () => Promise.resolve(undefined) },
    }),
  );
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PROJECT } });
  for (let service = 0; service < services; service += 1)
    await client.create(Warehouse, {
      apiVersion: apiVersionOf(Warehouse),
      kind: Warehouse.kind,
      metadata: { name: `service-${service}`, namespace: PROJECT },
      spec: {
        interval: '1h',
        subscriptions: [{ git: { repoURL: url, branch: 'main', includePaths: [`services/${service}`], discoveryLimit: 20 } }],
      },
    });
  const all = async (): Promise<Warehouse[]> => (await client.list(Warehouse, { namespace: PROJECT })).items;
  const until = async (holds: (warehouse: Warehouse) => boolean): Promise<number> => {
    const from = performance.now();
    for (;;) {
      const items = await all();
      const failed = items.flatMap(
        ({ status }) => status?.conditions?.find(({ type, status: is }) => type === 'Healthy' && is === 'False') ?? [],
      );
      if (failed.length > 0) throw new Error(failed[0]?.message);
      if (items.every(holds)) return performance.now() - from;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  let last = commits;
  return {
    server,
    takeCommands() {
      const taken = commands;
      commands = {};
      return taken;
    },
    async start() {
      const looked = until(({ status }) => status?.discoveredArtifacts?.discoveredAt !== undefined);
      await manager.start();
      return looked;
    },
    push(touched) {
      last += 1;
      const files = Object.fromEntries(touched.map((service) => [`services/${service}/values.yaml`, `version: ${last}\n`]));
      return server.commit(NAME, { message: `change ${last}`, files, date: 1_700_000_000_000 + last * 60_000 });
    },
    async announce(token) {
      const looked = until(({ status }) => status?.lastHandledRefresh === token);
      for (const { metadata } of await all())
        await client.patch(
          Warehouse,
          { namespace: PROJECT, name: metadata.name ?? '' },
          { type: 'merge', body: { metadata: { annotations: { [annotations.refresh]: token } } } },
        );
      return looked;
    },
    async newest() {
      return new Map(
        (await all()).map(({ metadata, status }) => [
          Number(metadata.name?.split('-')[1]),
          status?.discoveredArtifacts?.git?.[0]?.commits?.[0]?.subject ?? '',
        ]),
      );
    },
    freight: async () => (await client.list(Freight, { namespace: PROJECT })).items.length,
    async close() {
      await manager.stop();
      await api.close();
      http.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function history(services: number, commits: number): string {
  const parts: string[] = [];
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}`;
  const who = (number: number): string => `Dev <dev@example.com> ${1_700_000_000 + number * 60} +0000`;
  let head: number | undefined;
  for (let number = 1; number <= commits; number += 1) {
    const service = number % services;
    const merged = number % 100 >= 50 && head !== undefined;
    const change = `M 100644 inline services/${service}/values.yaml\n${data(`version: ${number}\n`)}`;
    const commit = (mark: number, ref: string, subject: string, from: number | undefined, rest: string): string =>
      `commit ${ref}\nmark :${mark}\nauthor ${who(number)}\ncommitter ${who(number)}\n${data(subject)}\n${from === undefined ? '' : `from :${from}\n`}${rest}\n`;
    if (merged) {
      parts.push(commit(number * 2, 'refs/heads/side', `work ${number}`, head, change));
      parts.push(commit(number * 2 + 1, 'refs/heads/main', `change ${number}`, head, `merge :${number * 2}\n${change}`));
    } else parts.push(commit(number * 2 + 1, 'refs/heads/main', `change ${number}`, head, change));
    head = number * 2 + 1;
  }
  parts.push('reset refs/heads/side\nfrom 0000000000000000000000000000000000000000\n');
  return `${parts.join('')}done\n`;
}
