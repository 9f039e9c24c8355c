import { createHash } from 'node:crypto';
import { realHttp, realRegistries, type Workspace } from '@kargo/integrations';
import { buildImage, startRegistry, type RegistryServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { ConfigValidator } from '../../config/validate.ts';
import type { StepPorts, StepResult } from '../../step.ts';
import { somePorts, stepContext, temporaryWorkspaces } from '../../testing/run-fixture.ts';
import { ociDownload, type OCIDownloadConfig } from './oci-download.ts';
import { parseArtifactReference } from './reference.ts';

const OCI = 'application/vnd.oci.image.manifest.v1+json';
const http = realHttp();
let server: RegistryServer;
let asked: string[];
let ports: StepPorts;
let workspace: Workspace;
let dispose: () => Promise<void>;

beforeAll(async () => {
  server = await startRegistry({ auth: { kind: 'token', username: 'robot', password: 'secret' } });
  const layer = (content: string, mediaType: string): object => ({
    mediaType,
    digest: server.putBlob('charts/app', content),
    size: content.length,
  });
  const put = (tag: string, layers: object[], mediaType = OCI): string =>
    server.putManifest('charts/app', tag, mediaType, JSON.stringify({ schemaVersion: 2, mediaType, layers }));
  put('two', [layer('first', 'a/first'), layer('second', 'a/second')]);
  put('none', []);
  const huge = (size: number): object => ({ mediaType: 'a/huge', digest: `sha256:${'0'.repeat(64)}`, size });
  put('huge', [huge(100 * 1024 * 1024 + 1)]);
  put('lie', [{ ...layer('lie', 'a/lie'), size: 2 }]);
  put('strange', [], 'application/vnd.example+json');
  server.pushImage('charts/app', 'index', { platforms: ['linux/arm64', 'linux/amd64'] });
  server.pushImage('charts/app', 'arm', { platforms: ['linux/arm64', 'linux/arm/v7'] });
});
afterAll(async () => {
  http.close();
  await server.close();
});
beforeEach(async () => {
  asked = [];
  ports = somePorts({
    registries: realRegistries({ http, clock: systemClock, requestsPerSecond: 100_000 }),
    credentials: {
      find: async ({ type, repoURL }) => {
        asked.push(`${type} ${repoURL}`);
        return { username: 'robot', password: 'secret' };
      },
    },
  });
  const opened = await temporaryWorkspaces();
  dispose = opened.dispose;
  ({ workspace } = await opened.workspaces.open('p'));
});
afterEach(() => dispose());

const download = (version: string, config: Partial<OCIDownloadConfig> = {}): Promise<StepResult> =>
  runDeclared(
    ociDownload,
    stepContext<OCIDownloadConfig>(workspace, {
      imageRef: `${server.repository('charts/app')}${version}`,
      outPath: 'out/file',
      ...config,
    }),
    ports,
  );
const read = async (): Promise<string | undefined> =>
  (await workspace.exists('out/file')) ? Buffer.from(await workspace.readFile('out/file')).toString() : undefined;

describe('oci-download', () => {
  it.each<[string, string, Partial<OCIDownloadConfig>, string]>([
    ['the first layer', ':two', {}, 'first'],
    ['the first layer of a type', ':two', { mediaType: 'a/second' }, 'second'],
    ['the layer for linux/amd64', ':index', {}, buildImage({}).blobs[0]!.content.toString()],
    ['into the workspace, whatever the path', ':two', { outPath: '../../out/file' }, 'first'],
  ])('saves %s', async (_, version, config, want) => {
    expect((await download(version, config)).status).toBe('Succeeded');
    expect(await read()).toBe(want);
  });

  it('takes a digest, and credentials by how the reference is written', async () => {
    const content = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI, layers: [] }));
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    await expect(download(`@${digest}`)).rejects.toThrow('has no layers');
    await download('', { imageRef: `oci://${server.repository('charts/app')}:two` });
    expect(asked).toEqual([`image ${server.repository('charts/app')}`, `helm oci://${server.repository('charts/app')}`]);
  });

  it.each<[string, string, Partial<OCIDownloadConfig>, object]>([
    ['no such tag', ':absent', {}, { name: 'Error' }],
    ['no layers', ':none', {}, { name: 'Error' }],
    [
      'no layer of the type',
      ':two',
      { mediaType: 'a/third' },
      { message: expect.stringContaining('a/first, a/second') as unknown },
    ],
    ['nothing for the platform', ':arm', {}, { message: expect.stringContaining('linux/amd64') as unknown }],
    ['a layer that is too large', ':huge', {}, { name: 'TerminalStepError', status: 'Errored' }],
    ['a layer that is not what it should be', ':lie', {}, { name: 'RegistryError', code: 'invalid' }],
    [
      'an unknown format',
      ':strange',
      {},
      { name: 'TerminalStepError', message: expect.stringContaining('example+json') as unknown },
    ],
    ['no name of a repository', '', { imageRef: 'example.com/UPPER:x' }, { name: 'TerminalStepError', status: 'Failed' }],
    ['no digest', '', { imageRef: 'example.com/app@sha256:1' }, { name: 'TerminalStepError', status: 'Failed' }],
  ])('fails for %s, and leaves nothing behind', async (_, version, config, want) => {
    await expect(download(version, config)).rejects.toMatchObject(want);
    expect(await read()).toBeUndefined();
  });

  it('leaves a file alone that was there before, unless told otherwise', async () => {
    await workspace.writeFile('out/file', 'old');
    await expect(download(':two')).rejects.toMatchObject({ name: 'TerminalStepError', status: 'Errored' });
    expect(await read()).toBe('old');
    await download(':two', { allowOverwrite: true });
    expect(await read()).toBe('first');
  });

  it.each([
    ['nginx:1.25', { repository: 'nginx', version: '1.25', helm: false }],
    ['localhost:5000/a/b:v1', { repository: 'localhost:5000/a/b', version: 'v1', helm: false }],
    ['oci://example.com/charts/app:1.0.0', { repository: 'example.com/charts/app', version: '1.0.0', helm: true }],
    [
      `example.com:443/app@sha256:${'a'.repeat(64)}`,
      { repository: 'example.com:443/app', version: `sha256:${'a'.repeat(64)}`, helm: false },
    ],
  ])('reads %s', (reference, want) => {
    expect(new ConfigValidator().problems(ociDownload.configSchema, { imageRef: reference, outPath: 'x' })).toEqual([]);
    expect(parseArtifactReference('imageRef', reference)).toEqual(want);
  });

  it.each(['nginx', 'https://example.com/app:1', 'example.com/a b:1', ''])('refuses %j', (imageRef) => {
    expect(new ConfigValidator().problems(ociDownload.configSchema, { imageRef, outPath: 'x' })).not.toEqual([]);
  });
});
