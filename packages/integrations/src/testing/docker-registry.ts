import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushOverHttp } from './registry-push.ts';
import type { ImageDescription } from './image-builder.ts';

/** Debian's `docker-registry`, running. */
export interface DockerRegistry {
  readonly url: string;
  readonly host: string;
  pushImage(repository: string, tag: string, image?: ImageDescription): Promise<string>;
  close(): Promise<void>;
}

/** Where the program may be. */
const PROGRAMS = ['/usr/bin/docker-registry', '/usr/local/bin/docker-registry', '/usr/local/bin/registry'];

/** Starts the real registry program on a free port; if it is not installed, the reason for skipping what needs it. */
export async function startDockerRegistry(): Promise<DockerRegistry | { skipped: string }> {
  const program = PROGRAMS.find((file) => existsSync(file));
  if (program === undefined) return { skipped: 'docker-registry is not installed (Debian: apt-get install docker-registry)' };
  const folder = await mkdtemp(join(tmpdir(), 'docker-registry-'));
  const host = `127.0.0.1:${await freePort()}`;
  const url = `http://${host}`;
  await mkdir(join(folder, 'data'));
  await writeFile(
    join(folder, 'config.yml'),
    [
      'version: 0.1',
      'log: { level: error, accesslog: { disabled: true } }',
      `storage: { filesystem: { rootdirectory: ${JSON.stringify(join(folder, 'data'))} }, delete: { enabled: true } }`,
      `http: { addr: ${JSON.stringify(host)}, secret: test }`,
      '',
    ].join('\n'),
  );
  const child = spawn(program, ['serve', join(folder, 'config.yml')], { stdio: 'ignore', env: {} });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; ; attempt += 1) {
    const up = await fetch(`${url}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (up) break;
    if (attempt >= 100 || child.exitCode !== null) {
      await close();
      return { skipped: `${program} did not start` };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { url, host, pushImage: (repository, tag, image) => pushOverHttp(url, repository, tag, image), close };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
