/** Charts, repositories of charts and the real helm, for tests of the steps that use it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findTools, realProcesses, realRenderer, type Renderer } from '@kargo/integrations';
import { basicAuth, httpFixture, type HttpFixture, type RegistryServer } from '@kargo/integrations/testing';
import { ensureTools } from '../../../../scripts/tools.ts';

/** The real renderer and helm; or why there is none. */
export async function realHelm(): Promise<{ renderer: Renderer; helm: string; sandboxed: boolean } | { skipped: string }> {
  const { directory, skipped } = await ensureTools();
  const tools = await findTools({ directories: [directory] });
  if (tools.helm === undefined) return { skipped: skipped ?? 'helm is missing' };
  return {
    helm: tools.helm,
    renderer: realRenderer({ processes: realProcesses(), tools }),
    sandboxed: tools.bwrap !== undefined,
  };
}

/** A chart that renders to one ConfigMap with its name and version, packed as repositories have it. */
export async function packedChart(helm: string, name: string, version: string): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'chart-'));
  try {
    const files = {
      'Chart.yaml': `apiVersion: v2\nname: ${name}\nversion: ${version}\n`,
      'templates/cm.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\ndata:\n  version: "${version}"\n`,
    };
    for (const [file, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name, file)), { recursive: true });
      await writeFile(join(folder, name, file), text);
    }
    const args = ['package', join(folder, name), '--destination', folder];
    const { exitCode, stderr } = await realProcesses().run({
      command: helm,
      args,
      cwd: folder,
      env: { HOME: folder },
      timeout: 30_000,
    });
    if (exitCode !== 0) throw new Error(`helm package failed: ${stderr}`);
    return await readFile(join(folder, `${name}-${version}.tgz`));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Charts by name and version. */
export type Charts = Readonly<Record<string, Readonly<Record<string, Buffer>>>>;

/** A repository of charts over HTTP, for those who know the password if there is one. */
export async function chartRepository(charts: Charts, password?: string): Promise<HttpFixture & { seen: string[] }> {
  const seen: string[] = [];
  const server = await httpFixture((request, response) => {
    seen.push(request.url ?? '');
    if (password !== undefined && basicAuth(request)?.password !== password) return void response.writeHead(401).end();
    if (request.url === '/index.yaml') {
      const entries = Object.fromEntries(
        Object.entries(charts).map(([name, versions]) => [
          name,
          Object.keys(versions).map((version) => ({ apiVersion: 'v2', name, version, urls: [`${name}-${version}.tgz`] })),
        ]),
      );
      return void response.end(JSON.stringify({ apiVersion: 'v1', entries }));
    }
    const [, name = '', version = ''] = /^\/(.+)-(\d.*)\.tgz$/.exec(request.url ?? '') ?? [];
    const chart = charts[name]?.[version];
    if (chart === undefined) response.writeHead(404).end();
    else response.end(chart);
  });
  return { ...server, seen };
}

/** Stores a packed chart in a registry, as `helm push` does. */
export function storeChart(registry: RegistryServer, repository: string, version: string, chart: Buffer): void {
  const name = repository.split('/').at(-1);
  const config = Buffer.from(JSON.stringify({ name, version, apiVersion: 'v2' }));
  const descriptor = (mediaType: string, content: Buffer): object => ({
    mediaType,
    digest: registry.putBlob(repository, content),
    size: content.length,
  });
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  registry.putManifest(
    repository,
    version,
    mediaType,
    JSON.stringify({
      schemaVersion: 2,
      mediaType,
      config: descriptor('application/vnd.cncf.helm.config.v1+json', config),
      layers: [descriptor('application/vnd.cncf.helm.chart.content.v1.tar+gzip', chart)],
    }),
  );
}
