/** Repositories behind certificates that nobody has signed: refused with a clear message, or taken where the subscription says so. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request as forward } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Freight, type Json } from '@kargo/api';
import { selfSigned } from '@kargo/controlplane';
import { realCharts, realGit, realHttp, realProcesses, realRegistries } from '@kargo/integrations';
import {
  type GitServer,
  httpFixture,
  type HttpFixture,
  type RegistryServer,
  startGitServer,
  startRegistry,
} from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Outside, warehouseWorld } from '../../packages/controllers/src/warehouse/testing/warehouse-world.ts';

interface Front {
  /** `127.0.0.1:PORT`. */
  host: string;
  close: () => Promise<void>;
}

/** TLS with a certificate of its own in front of a server. */
async function selfSignedFront(target: string): Promise<Front> {
  const server = createServer(selfSigned(['127.0.0.1'], Date.now()), (request, response) => {
    const { method, headers, url } = request;
    const onward = forward(`${target}${url ?? '/'}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

let folder: string;
let git: GitServer;
let registry: RegistryServer;
let charts: HttpFixture;
const fronts: Front[] = [];
const http = realHttp();
const subscriptions: Record<string, Record<string, Json>> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'self-signed-'));
  git = await startGitServer();
  await git.createRepository('deploy', { file: '1' });
  registry = await startRegistry();
  registry.pushImage('web', '1.0.0');
  registry.pushImage('charts/web', '2.0.0');
  const index = 'apiVersion: v1\nentries:\n  web:\n  - {name: web, version: 3.0.0}\n';
  charts = await httpFixture((_, response) => void response.end(index));
  for (const target of [git.url, `http://${registry.host}`, charts.url]) fronts.push(await selfSignedFront(target));
  const [gitHost, registryHost, chartHost] = fronts.map(({ host }) => host);
  Object.assign(subscriptions, {
    git: { git: { repoURL: `https://${gitHost}${new URL(git.repositoryURL('deploy')).pathname}` } },
    image: { image: { repoURL: `${registryHost}/web` } },
    'chart in a registry': { chart: { repoURL: `oci://${registryHost}/charts/web` } },
    chart: { chart: { repoURL: `https://${chartHost}`, name: 'web' } },
  });
});
afterAll(async () => {
  http.close();
  for (const { close } of fronts) await close();
  await charts.close();
  await registry.close();
  await git.close();
  await rm(folder, { recursive: true, force: true });
});

/** What a Warehouse with one subscription comes to. */
async function look(name: string, insecure: boolean): Promise<{ freight: number; says: string }> {
  const more = insecure ? { insecureSkipTLSVerify: true } : {};
  const registries = realRegistries({ http, clock: systemClock, requestsPerSecond: 100_000 });
  const ports = {
    registries,
    charts: realCharts({ http, clock: systemClock, registries }),
    git: realGit({ processes: realProcesses(), clock: systemClock, directory: join(folder, 'mirrors') }),
  };
  const subscription = Object.fromEntries(
    Object.entries(subscriptions[name] ?? {}).map(([type, fields]): [string, Json] => [type, { ...(fields as object), ...more }]),
  );
  const world = await warehouseWorld({ subscriptions: [subscription] }, { outside: new Outside(), ports });
  try {
    await world.manager.idle();
    const { items } = await world.client.list(Freight, { namespace: 'shop' });
    return { freight: items.length, says: (await world.condition('Healthy'))?.message ?? '' };
  } finally {
    await world.stop();
  }
}

describe('a certificate that nobody has signed', () => {
  it.each(['git', 'image', 'chart in a registry', 'chart'])(
    'of a %s is refused, unless the subscription takes it',
    async (name) => {
      const refused = await look(name, false);
      expect(refused.freight).toBe(0);
      expect(refused.says).toMatch(/certificate.*insecureSkipTLSVerify/);
      expect(await look(name, true)).toMatchObject({ freight: 1 });
      // What one subscription takes, others still refuse.
      expect((await look(name, false)).freight).toBe(0);
    },
  );
});
