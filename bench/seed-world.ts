/** A running `kargo up` with the seed pipeline, a git server and a registry, for benchmarks that look at it from outside. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { annotations, Freight, Warehouse } from '@kargo/api';
import { startGitServer, startRegistry, type GitServer, type RegistryServer } from '@kargo/integrations/testing';
import { httpClient, type Client } from '@kargo/kube';
import { parse, parseAllDocuments } from 'yaml';
import { startKargo, type KargoServer } from '../examples/demo/kargo.ts';
import { localizedRepository, manifest, type Addresses } from '../examples/demo/manifests.ts';
import { applyObjects } from '../test/e2e/apply-objects.ts';

export const PROJECT = 'kargo-demo';

export interface SeedWorld {
  git: GitServer;
  registry: RegistryServer;
  addresses: Addresses;
  server: KargoServer;
  client: Client;
  /** Bearer token of the Kubernetes API. */
  token: string;
  close(): Promise<void>;
}

/** Starts the world. Without `verification` the Stages verify as soon as they are healthy. */
export async function startSeedWorld(options: { verification: boolean; autoPromote: boolean }): Promise<SeedWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'kargo-bench-'));
  const data = join(folder, 'data');
  const git = await startGitServer({ directory: join(folder, 'git') });
  const registry = await startRegistry();
  const addresses = { repository: git.repositoryURL('repo'), image: `${registry.host}/nginx/nginx` };
  await git.createRepository('repo', localizedRepository(addresses));
  registry.pushImage('nginx/nginx', '1.26.0');
  const flags = ['--listen', '127.0.0.1:0', '--log-level', 'error', '--job-executor', 'local-process'];
  const server = await startKargo(['--data', data, ...flags], { KARGO_ADMIN_PASSWORD: 'bench' });
  const config = parse(await readFile(join(data, 'kubeconfig'), 'utf8')) as { users: { user: { token: string } }[] };
  const token = config.users[0]?.user.token ?? '';
  const client = httpClient({ baseURL: server.address, token });
  for (const name of ['project', 'stages', 'applications'] as const) {
    let text = await manifest(name, addresses);
    if (!options.verification) text = text.replace(/ {2}verification:\n {4}analysisTemplates:\n {6}- name: kargo-demo\n/g, '');
    if (!options.autoPromote) text = text.replaceAll('autoPromotionEnabled: true', 'autoPromotionEnabled: false');
    await applyObjects(
      client,
      parseAllDocuments(text).map((document) => document.toJS() as never),
    );
  }
  const close = async (): Promise<void> => {
    await server.stop();
    await git.close();
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { git, registry, addresses, server, client, token, close };
}

/** Pushes a tag and has the Warehouse look at once, as a webhook would. */
export async function pushTag({ registry, client }: SeedWorld, tag: string): Promise<void> {
  registry.pushImage('nginx/nginx', tag);
  const body = { metadata: { annotations: { [annotations.refresh]: `tag-${tag}` } } };
  await client.patch(Warehouse, { namespace: PROJECT, name: 'my-warehouse' }, { type: 'merge', body });
}

/** Waits, woken by a watch, for the first object that passes `test`. */
export async function firstThat<T>(watch: AsyncIterable<unknown>, test: (object: T) => boolean): Promise<T> {
  for await (const event of watch as AsyncIterable<{ type: string; object: T }>) {
    if (event.type !== 'BOOKMARK' && test(event.object)) return event.object;
  }
  throw new Error('the watch ended');
}

/** The Freight with an image tag, as soon as it exists and passes `test`. */
export function freightWithTag(
  { client }: SeedWorld,
  tag: string,
  test: (freight: Freight) => boolean = () => true,
): Promise<Freight> {
  const watch = client.watch(Freight, { namespace: PROJECT });
  return firstThat<Freight>(watch, (freight) => freight.images?.[0]?.tag === tag && test(freight));
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** `median (min–max)` in milliseconds. */
export function shown(values: readonly number[]): string {
  return `${median(values).toFixed(0)} ms (${Math.min(...values).toFixed(0)}–${Math.max(...values).toFixed(0)})`;
}
