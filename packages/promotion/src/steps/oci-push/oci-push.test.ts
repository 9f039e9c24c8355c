import { realHttp, realRegistries, type ArtifactRegistries } from '@kargo/integrations';
import { startDockerRegistry, startRegistry, type RegistryServer } from '@kargo/integrations/testing';
import { systemClock } from '@kargo/kube';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StepPorts, StepResult } from '../../step.ts';
import { somePorts, stepContext, unused } from '../../testing/run-fixture.ts';
import { scopeAnnotations } from './annotations.ts';
import { ociPush, type OCIPushConfig } from './oci-push.ts';
import { withDeclaredOutputs } from '../../testing/declared-outputs.ts';

const http = realHttp();
const registries: ArtifactRegistries = realRegistries({ http, clock: systemClock, requestsPerSecond: 100_000 });
afterAll(() => http.close());

interface Stored {
  annotations?: Record<string, string>;
  manifests?: { digest: string; annotations?: Record<string, string>; platform: { architecture: string } }[];
}

const run = (config: OCIPushConfig, ports: Partial<StepPorts> = {}): Promise<StepResult> =>
  withDeclaredOutputs(
    ociPush,
    config,
    ociPush.run(stepContext(unused('workspace'), config), somePorts({ registries, ...ports })),
  );
const stored = async (repository: string, reference: string): Promise<Stored> => {
  const found = await registries.manifest({ repository }, reference);
  return JSON.parse(Buffer.from(found?.content ?? '{}').toString()) as Stored;
};

describe('oci-push', () => {
  let server: RegistryServer;
  let other: RegistryServer;
  beforeEach(async () => {
    [server, other] = [await startRegistry(), await startRegistry()];
  });
  afterEach(async () => {
    await server.close();
    await other.close();
  });
  const writes = (registry: RegistryServer): string[] =>
    registry.requests.filter(({ method }) => method === 'PUT' || method === 'POST').map(({ method, url }) => `${method} ${url}`);

  it('copies an image to another registry, once', async () => {
    const digest = server.pushImage('app', 'v1');
    const config = { srcRef: `${server.repository('app')}:v1`, destRef: `oci://${other.repository('prod/app')}:stable` };
    const output = { image: `${other.repository('prod/app')}:stable`, tag: 'stable', digest };
    expect(await run(config)).toEqual({ status: 'Succeeded', output });
    expect((await registries.image({ repository: other.repository('prod/app') }, 'stable'))?.digest).toBe(digest);
    const before = writes(other).length;
    expect(await run(config)).toEqual({ status: 'Succeeded', output });
    expect(writes(other).length).toBe(before);
  });

  it('gives an image another tag without moving anything, also by digest', async () => {
    const digest = server.pushImage('app', 'v1');
    await run(
      { srcRef: `${server.repository('app')}@${digest}`, destRef: `${server.repository('app')}:stable` },
      { maxOCIPushArtifactSize: 0 },
    );
    expect(writes(server)).toEqual(['PUT /v2/app/manifests/stable']);
  });

  it('finishes what an earlier attempt began', async () => {
    server.pushImage('app', 'v1', { platforms: ['linux/amd64', 'linux/arm64'] });
    let left = 3;
    other.setFault(({ method }) => (method === 'PUT' && left-- <= 0 ? { status: 400 } : undefined));
    const config = { srcRef: `${server.repository('app')}:v1`, destRef: `${other.repository('app')}:v1` };
    await expect(run(config)).rejects.toThrow('could not write to image repository');
    other.setFault(undefined);
    await run(config);
    const uploads = writes(other).filter((request) => request.startsWith('PUT') && request.includes('/blobs/'));
    expect(new Set(uploads.map((request) => /digest=(.*)/.exec(request)?.[1])).size).toBe(3);
    expect((await registries.image({ repository: other.repository('app') }, 'v1'))?.platforms.length).toBe(2);
  });

  it('annotates a single image, to which index annotations do not apply', async () => {
    server.pushImage('app', 'v1', { annotations: { a: 'old', b: 'kept' } });
    const { output } = await run({
      srcRef: `${server.repository('app')}:v1`,
      destRef: `${server.repository('app')}:v2`,
      annotations: { a: 'new', 'manifest:c': '1', 'index:d': '2' },
    });
    expect((await stored(server.repository('app'), 'v2')).annotations).toEqual({ a: 'new', b: 'kept', c: '1' });
    expect(output?.['digest']).toBe((await registries.manifest({ repository: server.repository('app') }, 'v2'))?.digest);
  });

  it('annotates an index and its images apart, and leaves attestations alone', async () => {
    server.pushImage('app', 'v1', { platforms: ['linux/amd64', 'linux/arm64'] });
    const repository = server.repository('app');
    const original = await stored(repository, 'v1');
    const attested = original.manifests![0]!.digest;
    const attestation = server.putManifest(
      'app',
      'attestation',
      'application/vnd.oci.image.manifest.v1+json',
      JSON.stringify({ schemaVersion: 2, layers: [] }),
    );
    const entry = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: attestation,
      size: 32,
      platform: { os: 'unknown', architecture: 'unknown' },
      annotations: { 'vnd.docker.reference.digest': attested },
    };
    server.putManifest(
      'app',
      'v2',
      'application/vnd.oci.image.index.v1+json',
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [...original.manifests!, entry],
      }),
    );
    await run({
      srcRef: `${repository}:v2`,
      destRef: `${other.repository('app')}:v3`,
      annotations: { plain: '1', 'manifest:m': '2', 'index:i': '3' },
    });
    const copy = await stored(other.repository('app'), 'v3');
    expect(copy.annotations).toEqual({ i: '3' });
    const [amd, arm, note] = copy.manifests!;
    expect((await stored(other.repository('app'), amd!.digest)).annotations).toEqual({ plain: '1', m: '2' });
    expect((await stored(other.repository('app'), arm!.digest)).annotations).toEqual({ plain: '1', m: '2' });
    expect([note!.digest, note!.annotations]).toEqual([attestation, { 'vnd.docker.reference.digest': amd!.digest }]);
    expect(
      (await registries.image({ repository: other.repository('app') }, 'v3', { platform: 'linux/arm64' }))?.annotations,
    ).toEqual({ i: '3' });
  });

  it('leaves layers where they are that lie elsewhere', async () => {
    const layer = { mediaType: 'a/foreign', digest: `sha256:${'0'.repeat(64)}`, size: 5, urls: ['https://example.com/layer'] };
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    server.putManifest('app', 'v1', mediaType, JSON.stringify({ schemaVersion: 2, mediaType, layers: [layer] }));
    await run({ srcRef: `${server.repository('app')}:v1`, destRef: `${other.repository('app')}:v1` });
    expect(await registries.tags({ repository: other.repository('app') })).toEqual(['v1']);
  });

  it.each([
    ['nothing may be copied', 0, 'MAX_OCI_PUSH_ARTIFACT_SIZE is 0'],
    ['less may be copied', 10, 'no more than 10 may be copied'],
    ['anything may be copied', -1, undefined],
    ['nothing is said', undefined, undefined],
  ])('keeps to the limit: %s', async (_, maxOCIPushArtifactSize, problem) => {
    server.pushImage('app', 'v1');
    const pushed = run(
      { srcRef: `${server.repository('app')}:v1`, destRef: `${server.repository('copy')}:v1` },
      { maxOCIPushArtifactSize },
    );
    if (problem === undefined) expect((await pushed).status).toBe('Succeeded');
    else
      await expect(pushed).rejects.toMatchObject({
        name: 'TerminalStepError',
        message: expect.stringContaining(problem) as unknown,
      });
  });

  it('refuses for good what cannot be copied', async () => {
    server.putManifest('app', 'old', 'application/vnd.docker.distribution.manifest.v1+json', '{"schemaVersion":1}');
    const destRef = `${server.repository('app')}:new`;
    await expect(run({ srcRef: `${server.repository('app')}:old`, destRef })).rejects.toMatchObject({ status: 'Errored' });
    await expect(run({ srcRef: 'example.com/UPPER:old', destRef })).rejects.toMatchObject({ status: 'Failed' });
    await expect(run({ srcRef: `${server.repository('app')}:absent`, destRef })).rejects.toMatchObject({ name: 'Error' });
  });

  it('sorts annotations by scope', () => {
    expect(scopeAnnotations({ a: '1', 'index:b': '2', 'manifest:index:c': '3' })).toEqual({
      index: { b: '2' },
      manifest: { a: '1', 'index:c': '3' },
    });
    expect(scopeAnnotations()).toEqual({ index: {}, manifest: {} });
  });
});

describe("oci-push with Debian's docker-registry", () => {
  let server: Awaited<ReturnType<typeof startDockerRegistry>>;
  beforeAll(async () => {
    server = await startDockerRegistry();
    if ('skipped' in server) console.warn(`skipped: oci-push: ${server.skipped}`);
  });
  afterAll(() => ('skipped' in server ? undefined : server.close()));

  it('copies an annotated index to another repository', async (context) => {
    if ('skipped' in server) return context.skip(server.skipped);
    await server.pushImage('app', 'v1', { platforms: ['linux/amd64', 'linux/arm64'] });
    const { output } = await run({
      srcRef: `${server.host}/app:v1`,
      destRef: `${server.host}/prod/app:v1`,
      annotations: { 'index:stage': 'prod', stage: 'prod' },
    });
    const copy = await registries.image({ repository: `${server.host}/prod/app` }, 'v1', { platform: 'linux/arm64' });
    expect(copy).toMatchObject({ digest: output?.['digest'], annotations: { stage: 'prod' } });
  });
});
