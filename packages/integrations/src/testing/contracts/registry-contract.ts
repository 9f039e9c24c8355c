import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ArtifactRegistries, RegistryAccess } from '../../registry/port.ts';
import { buildImage } from '../image-builder.ts';
import type { BuiltImage, ImageDescription } from '../image-builder.ts';

/** An implementation with a registry, and a way to fill it. */
export interface RegistryContractWorld {
  registries: ArtifactRegistries;
  /** Access to a repository of the registry, by its path. */
  access(path: string): RegistryAccess;
  /** Returns the digest. */
  push(path: string, tag: string, image?: ImageDescription): string | Promise<string>;
  close(): Promise<void>;
}

/** What every {@link ArtifactRegistries} guarantees. `skip` names the reason why `open` is of no use here. */
export function describeRegistryContract(name: string, open: () => Promise<RegistryContractWorld | { skipped: string }>): void {
  describe(`registries: ${name}`, () => {
    let world: RegistryContractWorld;
    let skipped: string | undefined;
    beforeAll(async () => {
      const opened = await open();
      if ('skipped' in opened) {
        skipped = opened.skipped;
        console.warn(`skipped: registries: ${name}: ${skipped}`);
      } else world = opened;
    });
    afterAll(() => (skipped === undefined ? world.close() : undefined));
    const test = (title: string, body: () => Promise<void>): void => {
      it(title, async (context) => {
        if (skipped !== undefined) context.skip(skipped);
        await body();
      });
    };
    const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'ok',
        (error: { code?: unknown }) => error.code,
      );

    test('lists all tags', async () => {
      const tags = ['1.0.0', '1.0.1', '1.1.0', 'latest', 'v2'];
      for (const tag of tags) await world.push('team/tags', tag);
      expect((await world.registries.tags(world.access('team/tags'))).sort()).toEqual(tags);
    });

    test('tells an absent repository from an absent tag', async () => {
      await world.push('team/present', 'latest');
      expect(await codeOf(world.registries.tags(world.access('team/absent')))).toBe('notFound');
      expect(await world.registries.image(world.access('team/present'), 'absent')).toBeUndefined();
      expect(await world.registries.image(world.access('team/absent'), 'latest')).toBeUndefined();
    });

    test('refuses what cannot be a repository, tag or platform', async () => {
      await world.push('team/present', 'latest');
      const access = world.access('team/present');
      expect(await codeOf(world.registries.tags({ repository: 'Not Valid' }))).toBe('invalid');
      expect(await codeOf(world.registries.image(access, '../x'))).toBe('invalid');
      expect(await codeOf(world.registries.image(access, 'latest', { platform: 'linux' }))).toBe('invalid');
    });

    const cases: { name: string; image: ImageDescription; platform?: string; want: object | undefined }[] = [
      {
        name: 'a plain image',
        image: { createdAt: '2024-05-06T07:08:09.123456789Z', annotations: { a: '1' } },
        want: {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          annotations: { a: '1' },
          createdAt: '2024-05-06T07:08:09Z',
          platforms: [{ os: 'linux', architecture: 'amd64' }],
        },
      },
      {
        name: "an image of Docker's kind",
        image: { docker: true, platforms: ['linux/arm/v7'] },
        want: {
          mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
          annotations: {},
          createdAt: '2024-01-01T00:00:00Z',
          platforms: [{ os: 'linux', architecture: 'arm', variant: 'v7' }],
        },
      },
      {
        name: 'an image that was created as its annotation says',
        image: { annotations: { 'org.opencontainers.image.created': '2020-01-01T00:00:00+01:00' } },
        want: { createdAt: '2019-12-31T23:00:00Z' },
      },
      {
        name: 'an image whose older annotation form is used',
        image: { annotations: { 'org.label-schema.build-date': '2020-01-01T00:00:00Z' } },
        want: { createdAt: '2020-01-01T00:00:00Z' },
      },
      {
        name: 'the later of label and config',
        image: { labels: { 'org.opencontainers.image.created': '2025-01-01T00:00:00Z' }, createdAt: '2024-01-01T00:00:00Z' },
        want: { createdAt: '2025-01-01T00:00:00Z' },
      },
      {
        name: 'the later of config and label',
        image: { labels: { 'org.opencontainers.image.created': '2023-01-01T00:00:00Z' }, createdAt: '2024-01-01T00:00:00Z' },
        want: { createdAt: '2024-01-01T00:00:00Z' },
      },
      { name: 'an image that tells no time', image: { createdAt: null }, want: { createdAt: undefined } },
      { name: 'an image of the wanted platform', image: {}, platform: 'linux/amd64', want: { annotations: {} } },
      { name: 'an image of another platform', image: {}, platform: 'linux/arm64', want: undefined },
      {
        name: 'an index, with the newest of its images',
        image: {
          platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7'],
          attestation: true,
          createdAt: '2024-02-02T00:00:00Z',
        },
        want: {
          mediaType: 'application/vnd.oci.image.index.v1+json',
          createdAt: '2024-02-02T00:00:00Z',
          platforms: [
            { os: 'linux', architecture: 'amd64' },
            { os: 'linux', architecture: 'arm64' },
            { os: 'linux', architecture: 'arm', variant: 'v7' },
          ],
        },
      },
      {
        name: "an index of Docker's kind",
        image: { docker: true, platforms: ['linux/amd64', 'linux/arm64'] },
        want: { mediaType: 'application/vnd.docker.distribution.manifest.list.v2+json' },
      },
      {
        name: 'the matching entry of an index, adding its annotations',
        image: {
          platforms: ['linux/amd64', 'linux/arm64'],
          annotations: { a: 'index', b: 'index', 'org.opencontainers.image.created': '2021-01-01T00:00:00Z' },
          entryAnnotations: { 'linux/arm64': { b: 'entry', c: 'entry' } },
        },
        platform: 'linux/arm64',
        want: {
          annotations: { a: 'index', b: 'entry', c: 'entry', 'org.opencontainers.image.created': '2021-01-01T00:00:00Z' },
          createdAt: '2021-01-01T00:00:00Z',
        },
      },
      {
        name: 'a variant that matches exactly',
        image: { platforms: ['linux/arm/v6', 'linux/arm/v7'] },
        platform: 'linux/arm/v7',
        want: {},
      },
      {
        name: 'a variant that is not there',
        image: { platforms: ['linux/arm/v6', 'linux/arm/v7'] },
        platform: 'linux/arm/v5',
        want: undefined,
      },
      {
        name: 'the usual variant where none is named',
        image: { platforms: ['linux/arm/v6', 'linux/arm/v7'] },
        platform: 'linux/arm',
        want: {},
      },
    ];
    for (const [index, { name: title, image, platform, want }] of cases.entries()) {
      test(`describes ${title}`, async () => {
        const path = `team/case${index}`;
        const digest = await world.push(path, 'tag', image);
        const found = await world.registries.image(world.access(path), 'tag', { platform });
        if (want === undefined) expect(found).toBeUndefined();
        else expect(found).toMatchObject({ digest, ...want });
        expect(await world.registries.image(world.access(path), digest, { platform })).toEqual(found);
      });
    }

    test('fails for a platform when an index names none', async () => {
      await world.push('team/unusable', 'tag', { platforms: [], index: true, attestation: true });
      expect(await codeOf(world.registries.image(world.access('team/unusable'), 'tag', { platform: 'linux/amd64' }))).toBe(
        'invalid',
      );
    });

    test('sees a tag that moved', async () => {
      const one = await world.push('team/moving', 'latest', { content: 'one' });
      expect((await world.registries.image(world.access('team/moving'), 'latest'))?.digest).toBe(one);
      const two = await world.push('team/moving', 'latest', { content: 'two' });
      expect(two).not.toBe(one);
      expect((await world.registries.image(world.access('team/moving'), 'latest'))?.digest).toBe(two);
      expect((await world.registries.image(world.access('team/moving'), one))?.digest).toBe(one);
    });

    const read = async (path: string, blob: { digest: string; size: number }): Promise<string> => {
      let text = '';
      await world.registries.readBlob(world.access(path), blob, async (chunks) => {
        text = Buffer.concat(await Array.fromAsync(chunks)).toString();
      });
      return text;
    };
    const copy = async (from: string, to: string, tag: string, image: BuiltImage): Promise<string[]> => {
      const how: string[] = [];
      for (const { digest, content } of image.blobs)
        how.push(await world.registries.copyBlob(world.access(from), world.access(to), { digest, size: content.length }));
      for (const manifest of image.manifests)
        await world.registries.putManifest(world.access(to), manifest.digest === image.digest ? tag : manifest.digest, manifest);
      return how;
    };

    test('gives manifests as they are stored', async () => {
      const image = buildImage({ content: 'raw' });
      await world.push('team/raw', 'tag', { content: 'raw' });
      const byTag = await world.registries.manifest(world.access('team/raw'), 'tag');
      expect({ ...byTag, content: Buffer.from(byTag?.content ?? []) }).toEqual(image.manifests[0]);
      expect((await world.registries.manifest(world.access('team/raw'), image.digest))?.digest).toBe(image.digest);
      expect(await world.registries.manifest(world.access('team/raw'), 'absent')).toBeUndefined();
      expect(await codeOf(world.registries.manifest(world.access('team/raw'), '../x'))).toBe('invalid');
    });

    test('gives blobs, and tells when they are not what they should be', async () => {
      const [layer] = buildImage({ content: 'blobs' }).blobs;
      await world.push('team/blobs', 'tag', { content: 'blobs' });
      const blob = { digest: layer!.digest, size: layer!.content.length };
      expect(await read('team/blobs', blob)).toBe(layer!.content.toString());
      expect(await codeOf(read('team/blobs', { ...blob, size: blob.size + 1 }))).toBe('invalid');
      expect(await codeOf(read('team/blobs', { ...blob, size: blob.size - 1 }))).toBe('invalid');
      expect(await codeOf(read('team/blobs', { digest: `sha256:${'0'.repeat(64)}`, size: 1 }))).toBe('invalid');
    });

    test('fails with what the receiver of a blob fails with', async () => {
      const [layer] = buildImage({ content: 'blobs' }).blobs;
      await world.push('team/blobs', 'tag', { content: 'blobs' });
      const mine = new Error('no room');
      const blob = { digest: layer!.digest, size: layer!.content.length };
      const refuse = (): Promise<void> => Promise.reject(mine);
      await expect(world.registries.readBlob(world.access('team/blobs'), blob, refuse)).rejects.toBe(mine);
    });

    test('copies an index to another repository of the same registry without transferring it', async () => {
      const description = { platforms: ['linux/amd64', 'linux/arm64'], content: 'copied' };
      await world.push('team/source', 'tag', description);
      const image = buildImage(description);
      const first = await copy('team/source', 'team/target', 'v1', image);
      expect(new Set(first)).toEqual(new Set(['mounted']));
      expect(new Set(await copy('team/source', 'team/target', 'v1', image))).toEqual(new Set(['present']));
      expect(await world.registries.image(world.access('team/target'), 'v1', { platform: 'linux/arm64' })).toMatchObject({
        digest: image.digest,
      });
      expect(await read('team/target', { digest: image.blobs[0]!.digest, size: image.blobs[0]!.content.length })).toContain(
        'copied',
      );
    });

    test('gives what is there another tag', async () => {
      const access = world.access('team/retag');
      await world.push('team/retag', 'one', { content: 'retag' });
      const manifest = await world.registries.manifest(access, 'one');
      expect(await world.registries.putManifest(access, 'two', manifest!)).toBe(manifest!.digest);
      expect((await world.registries.tags(access)).sort()).toEqual(['one', 'two']);
    });

    test('refuses to begin when cancelled', async () => {
      await world.push('team/present', 'latest');
      const access = { ...world.access('team/present'), signal: AbortSignal.abort(new Error('stop')) };
      expect(await codeOf(world.registries.tags(access))).toBe('aborted');
    });
  });
}
