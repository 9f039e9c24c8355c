/**
 * Charts the whole way: the real helm makes a repository with an index, and pushes to Debian's docker-registry; Warehouses find the
 * versions, make Freight of the best, and `chartFrom` and helm-update-chart use it (their own tests are beside them).
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Freight } from '@kargo/api';
import { realCharts, realHttp, realRegistries } from '@kargo/integrations';
import { type HttpFixture, httpFixture, startDockerRegistry } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Outside, warehouseWorld } from '../../packages/controllers/src/warehouse/testing/warehouse-world.ts';
import { ensureTools } from '../../scripts/tools.ts';

const VERSIONS = ['0.9.0', '1.0.0', '1.2.0', '1.10.0-rc.1', '1.9.0+build.5', '2.0.0'];
const run = promisify(execFile);

let folder: string;
let helm: string | undefined;
let repository: HttpFixture;
const asked: string[] = [];
let skipped: string | undefined;
let registry: Exclude<Awaited<ReturnType<typeof startDockerRegistry>>, { skipped: string }> | undefined;

beforeAll(async () => {
  const tools = await ensureTools();
  helm = tools.helm;
  if (helm === undefined) {
    console.warn(`skipped: charts: ${tools.skipped ?? 'helm is missing'}`);
    return;
  }
  folder = await mkdtemp(join(tmpdir(), 'charts-'));
  const started = await startDockerRegistry();
  if ('skipped' in started) console.warn(`skipped: charts in a registry: ${(skipped = started.skipped)}`);
  else registry = started;
  const env = { HOME: folder, PATH: '/usr/bin:/bin' };
  for (const version of VERSIONS) {
    const chart = join(folder, 'source', version, 'web');
    await mkdir(dirname(join(chart, 'templates', 'x')), { recursive: true });
    await writeFile(join(chart, 'Chart.yaml'), `apiVersion: v2\nname: web\nversion: ${version}\n`);
    await run(helm, ['package', chart, '--destination', join(folder, 'repo')], { env });
    const archive = join(folder, 'repo', `web-${version}.tgz`);
    if (registry !== undefined) await run(helm, ['push', archive, `oci://${registry.host}/charts`, '--plain-http'], { env });
  }
  await run(helm, ['repo', 'index', join(folder, 'repo')], { env });
  repository = await httpFixture(async (request, response) => {
    asked.push(`${request.url} ${String(request.headers['if-none-match'])}`);
    if (request.url !== '/stable/index.yaml') return void response.writeHead(404).end();
    if (request.headers['if-none-match'] === '"one"') return void response.writeHead(304).end();
    response.setHeader('etag', '"one"').end(await readFile(join(folder, 'repo', 'index.yaml')));
  });
});
afterAll(async () => {
  if (helm === undefined) return;
  await repository.close();
  await registry?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a Warehouse with charts', () => {
  it.each<{ name: string; oci: boolean; constraint?: string; want: string[] }>([
    {
      name: 'of a repository with an index',
      oci: false,
      want: ['2.0.0', '1.10.0-rc.1', '1.9.0+build.5', '1.2.0', '1.0.0', '0.9.0'],
    },
    { name: 'of a registry', oci: true, want: ['2.0.0', '1.10.0-rc.1', '1.9.0+build.5', '1.2.0', '1.0.0', '0.9.0'] },
    { name: 'of an index, within a constraint', oci: false, constraint: '^1.0.0', want: ['1.9.0+build.5', '1.2.0', '1.0.0'] },
    { name: 'of a registry, within a constraint', oci: true, constraint: '>=1.0.0-0 <1.3', want: ['1.2.0', '1.0.0'] },
  ])('makes Freight of those $name', async ({ oci, constraint, want }) => {
    if (helm === undefined || (oci && skipped !== undefined)) return;
    const http = realHttp();
    const registries = realRegistries({ http, clock: systemClock });
    const repoURL = oci ? `oci://${registry?.host ?? ''}/charts/web` : `${repository.url}/stable`;
    const world = await warehouseWorld(
      {
        subscriptions: [
          {
            chart: {
              repoURL,
              ...(oci ? {} : { name: 'web' }),
              ...(constraint === undefined ? {} : { semverConstraint: constraint }),
            },
          },
        ],
        freightCreationCriteria: { expression: `chartFrom('${repoURL}').Version startsWith '${want[0]?.slice(0, 1) ?? ''}'` },
      },
      { outside: new Outside(), ports: { charts: realCharts({ http, clock: systemClock, registries }) } },
    );
    try {
      await world.manager.idle();
      expect((await world.condition('Ready'))?.message).toBe('artifacts of 1 subscription were discovered');
      const { status } = await world.warehouse();
      expect(status?.discoveredArtifacts?.charts?.[0]?.versions).toEqual(want);
      const { items } = await world.client.list(Freight, { namespace: 'shop' });
      expect(items.map(({ charts }) => charts)).toEqual([[{ repoURL, ...(oci ? {} : { name: 'web' }), version: want[0] }]]);
      await world.clock.advanceBy(300_000);
      await world.manager.idle();
      if (!oci) expect(asked.at(-1)).toBe('/stable/index.yaml "one"');
    } finally {
      await world.stop();
      http.close();
    }
  });
});
