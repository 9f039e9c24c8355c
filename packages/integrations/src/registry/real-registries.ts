import { createHash } from 'node:crypto';
import type { Clock } from '@kargo/kube';
import { KeyedRuns } from '../concurrency/keyed-runs.ts';
import type { Http, HttpResponse } from '../http/port.ts';
import { imageFacts, MANIFEST_TYPES, metadataFor, parsePlatform } from './image-facts.ts';
import type { DocumentSource, ImageFacts, RegistryDocument } from './image-facts.ts';
import { Lru } from './lru.ts';
import { pulled, verifiedBlob } from './blob-content.ts';
import type { ArtifactRegistries, BlobDescriptor, ImageMetadata, ImageOptions, RegistryAccess, StoredManifest } from './port.ts';
import { RateLimiter } from './rate-limiter.ts';
import { parseRepository } from './reference.ts';
import { RegistryClient } from './registry-client.ts';
import { noKnowledge, type RegistryKnowledge } from './registry-knowledge.ts';
import { RegistryError } from './registry-error.ts';

const MAX_MANIFEST = 4 * 1024 * 1024;
const MAX_CONFIG = 8 * 1024 * 1024;
const MAX_TAG_PAGE = 16 * 1024 * 1024;
const MAX_TAGS = 1_000_000;
/** Tags on a page, as many as a registry lets one have; 0 leaves it to the registry. */
const PAGE_SIZES: readonly number[] = [100_000, 1000, 100, 0];
/** How registries refuse pages of a size they do not like. */
const PAGE_REFUSALS: readonly number[] = [400, 405, 416, 422];
/** Of answers that say little. */
const MAX_ANSWER = 1024 * 1024;
const BLOB_TIMEOUT_MS = 15 * 60_000;
const UPLOAD_ATTEMPTS = 3;
const REQUESTS_PER_SECOND = 20;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** What {@link realRegistries} stands on. */
export interface RealRegistriesOptions {
  http: Http;
  clock: Clock;
  /** Images whose metadata is kept. Default 100,000. */
  cacheSize?: number | undefined;
  /** Default 20 for every registry. */
  requestsPerSecond?: number | undefined;
}

/** Registries over the network. What a digest stands for never changes, so it is read once. All failures are `RegistryError`s. */
export function realRegistries(options: RealRegistriesOptions): ArtifactRegistries {
  return new RealRegistries(options);
}

class RealRegistries implements ArtifactRegistries {
  readonly #options: RealRegistriesOptions;
  readonly #knowledge: RegistryKnowledge = noKnowledge();
  readonly #limiters = new Map<string, RateLimiter>();
  /** API host → place in {@link PAGE_SIZES} of the largest page it has not refused. */
  readonly #pageSizes = new Map<string, number>();
  readonly #facts: Lru<string, ImageFacts>;
  /** What a tag stood for last time: if it is known, asking for the digest alone is likely to be enough. */
  readonly #digests: Lru<string, { digest: string; at: number }>;
  readonly #listing = new KeyedRuns<readonly string[]>();
  readonly #looking = new KeyedRuns<ImageFacts | undefined>();

  constructor(options: RealRegistriesOptions) {
    this.#options = options;
    this.#facts = new Lru(options.cacheSize ?? 100_000);
    this.#digests = new Lru(options.cacheSize ?? 100_000);
  }

  async tags(access: RegistryAccess): Promise<string[]> {
    const list = (signal: AbortSignal): Promise<readonly string[]> => this.#list({ ...access, signal });
    return (await shared(access, this.#listing.join(sharingKey(access), list, access.signal))).slice();
  }

  async #list(access: RegistryAccess): Promise<string[]> {
    const client = this.#client(access);
    const tags: string[] = [];
    const seen = new Set<string>();
    let response: HttpResponse | undefined = await this.#firstPage(client, access);
    while (response !== undefined) {
      tags.push(...readTags(access, response));
      if (tags.length > MAX_TAGS) throw new RegistryError('invalid', `${access.repository} has more than ${MAX_TAGS} tags`);
      const path = nextPage(response.headers['link']);
      if (path !== undefined && seen.has(path))
        throw new RegistryError('invalid', `${access.repository}: the registry's list of tags never ends`);
      if (path !== undefined) seen.add(path);
      response = path === undefined ? undefined : await tagPage(client, access, path);
    }
    return tags;
  }

  /** The first page of tags, as large as the registry gives one; what it refuses it is not asked for again. */
  async #firstPage(client: RegistryClient, access: RegistryAccess): Promise<HttpResponse> {
    const { apiHost } = parseRepository(access.repository);
    for (;;) {
      const place = this.#pageSizes.get(apiHost) ?? 0;
      const size = PAGE_SIZES[place] ?? 0;
      const path = size === 0 ? 'tags/list' : `tags/list?n=${size}`;
      const response = await tagPage(client, access, path, size === 0 ? [] : PAGE_REFUSALS);
      if (response.status === 200) return response;
      this.#pageSizes.set(apiHost, place + 1);
    }
  }

  async image(access: RegistryAccess, reference: string, options: ImageOptions = {}): Promise<ImageMetadata | undefined> {
    checkReference(access, reference);
    if (options.platform !== undefined && options.platform !== '') parsePlatform(options.platform);
    const facts = await this.#find(access, reference, options.knownWithin ?? 0);
    return facts === undefined ? undefined : metadataFor(facts, options.platform);
  }

  async manifest(access: RegistryAccess, reference: string): Promise<StoredManifest | undefined> {
    checkReference(access, reference);
    return manifest(this.#client(access), access, reference);
  }

  async readBlob(
    access: RegistryAccess,
    blob: BlobDescriptor,
    sink: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    checkDigest(access, blob.digest);
    const response = await this.#client(access).request({
      method: 'GET',
      path: `blobs/${blob.digest}`,
      // What is too much is found while checking.
      maxBody: Number.POSITIVE_INFINITY,
      timeout: BLOB_TIMEOUT_MS,
      receive: () => (chunks) => sink(verifiedBlob(access.repository, blob, chunks)),
    });
    if (response.status === 404) throw missing(access, blob.digest);
  }

  async copyBlob(from: RegistryAccess, to: RegistryAccess, blob: BlobDescriptor): Promise<'present' | 'mounted' | 'copied'> {
    checkDigest(from, blob.digest);
    const client = this.#client(to);
    const head = await client.request({ method: 'HEAD', path: `blobs/${blob.digest}`, maxBody: MAX_ANSWER });
    if (head.status === 200) return 'present';
    const [source, target] = [parseRepository(from.repository), parseRepository(to.repository)];
    for (let attempt = 1; ; attempt += 1) {
      try {
        const mount = source.registry === target.registry ? `?mount=${blob.digest}&from=${encodeURIComponent(source.path)}` : '';
        const upload = await client.request({
          method: 'POST',
          path: `blobs/uploads/${mount}`,
          body: { mediaType: 'application/octet-stream', content: new Uint8Array() },
          success: [201, 202],
          maxBody: MAX_ANSWER,
        });
        if (upload.status === 201) return 'mounted';
        await this.#upload(client, from, to, blob, upload);
        return 'copied';
      } catch (error) {
        // An upload that broke off cannot be resumed everywhere; a new one can always be begun.
        const again = error instanceof RegistryError && error.transient && error.code !== 'timeout';
        if (!again || attempt >= UPLOAD_ATTEMPTS) throw error;
      }
    }
  }

  async #upload(
    client: RegistryClient,
    from: RegistryAccess,
    to: RegistryAccess,
    blob: BlobDescriptor,
    upload: HttpResponse,
  ): Promise<void> {
    const content = { size: blob.size, open: () => pulled((sink) => this.readBlob(from, blob, sink)) };
    const response = await client.request({
      method: 'PUT',
      path: uploadPath(to, upload, blob.digest),
      body: { mediaType: 'application/octet-stream', content },
      success: [201],
      maxBody: MAX_ANSWER,
      timeout: BLOB_TIMEOUT_MS,
      attempts: 1,
    });
    if (response.status === 404) throw new RegistryError('failed', `${to.repository}: the registry has forgotten an upload`);
  }

  async putManifest(
    access: RegistryAccess,
    reference: string,
    { mediaType, content }: Pick<StoredManifest, 'mediaType' | 'content'>,
  ): Promise<string> {
    checkReference(access, reference);
    const response = await this.#client(access).request({
      method: 'PUT',
      path: `manifests/${reference}`,
      body: { mediaType, content },
      success: [200, 201, 202],
      maxBody: MAX_ANSWER,
    });
    if (response.status === 404)
      throw new RegistryError('notFound', `there is no image repository ${access.repository}; make it first`);
    const digest = digestOf(content);
    const said = response.headers['docker-content-digest'];
    if (said !== undefined && said !== digest)
      throw new RegistryError('invalid', `${access.repository}: pushed ${digest}, but the registry has stored ${said}`);
    return digest;
  }

  async #find(access: RegistryAccess, reference: string, knownWithin: number): Promise<ImageFacts | undefined> {
    const key = keysOf(access);
    const last = this.#digests.get(key(reference));
    const isKnown = last !== undefined && this.#options.clock.now() - last.at < knownWithin;
    const digest = DIGEST.test(reference) ? reference : isKnown ? last.digest : undefined;
    const known = digest === undefined ? undefined : this.#facts.get(key(digest));
    if (known !== undefined) return known;
    const look = (signal: AbortSignal): Promise<ImageFacts | undefined> => this.#look({ ...access, signal }, reference);
    return shared(access, this.#looking.join(`${sharingKey(access)} ${reference}`, look, access.signal));
  }

  /** Asks the registry: for the digest alone where that is likely to be enough. */
  async #look(access: RegistryAccess, reference: string): Promise<ImageFacts | undefined> {
    const client = this.#client(access);
    const key = keysOf(access);
    const now = this.#options.clock.now();
    if (!DIGEST.test(reference) && this.#digests.get(key(reference)) !== undefined) {
      const head = await client.request({
        method: 'HEAD',
        path: `manifests/${reference}`,
        accept: MANIFEST_TYPES.join(', '),
        maxBody: MAX_MANIFEST,
      });
      if (head.status === 404) return undefined;
      const same = this.#facts.get(key(head.headers['docker-content-digest'] ?? ''));
      if (same !== undefined) {
        this.#digests.set(key(reference), { digest: same.digest, at: now });
        return same;
      }
    }
    const document = await manifest(client, access, reference);
    if (document === undefined) return undefined;
    const facts = this.#facts.get(key(document.digest)) ?? (await imageFacts(document, source(client, access)));
    this.#facts.set(key(facts.digest), facts);
    this.#digests.set(key(reference), { digest: facts.digest, at: now });
    return facts;
  }

  #client(access: RegistryAccess): RegistryClient {
    const reference = parseRepository(access.repository);
    let limiter = this.#limiters.get(reference.apiHost);
    if (limiter === undefined) {
      limiter = new RateLimiter(this.#options.clock, this.#options.requestsPerSecond ?? REQUESTS_PER_SECOND);
      this.#limiters.set(reference.apiHost, limiter);
    }
    return new RegistryClient({ ...this.#options, limiter, knowledge: this.#knowledge, access, reference });
  }
}

/** Under what is known of a digest or tag is kept. */
function keysOf(access: RegistryAccess): (digest: string) => string {
  const scope = `${access.repository} ${RegistryClient.fingerprint(access)}`;
  return (digest) => `${scope} ${digest}`;
}

/** Whoever asks under the same key asks the same with the same rights, and would be told the same if it failed. */
function sharingKey(access: RegistryAccess): string {
  const { registry, path } = parseRepository(access.repository);
  const { kind, insecureSkipTLSVerify = false, credentials } = access;
  return JSON.stringify([registry, path, RegistryClient.fingerprint(access), kind, insecureSkipTLSVerify, credentials?.source]);
}

async function shared<T>(access: RegistryAccess, run: Promise<T>): Promise<T> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof RegistryError || access.signal?.aborted !== true) throw error;
    throw new RegistryError(
      'aborted',
      `could not read ${access.kind ?? 'image'} repository ${access.repository}: the operation was cancelled`,
      { cause: error },
    );
  }
}

/** One page of tags; an answer with one of the statuses `refusals` is one too. */
async function tagPage(
  client: RegistryClient,
  access: RegistryAccess,
  path: string,
  refusals: readonly number[] = [],
): Promise<HttpResponse> {
  const request = { method: 'GET', path, accept: 'application/json', maxBody: MAX_TAG_PAGE } as const;
  const response = await client.request({ ...request, success: [200, ...refusals] });
  if (response.status !== 404) return response;
  throw new RegistryError(
    'notFound',
    `there is no ${access.kind ?? 'image'} repository ${access.repository}; check its name, and whether the credentials may see it`,
  );
}

async function manifest(
  client: RegistryClient,
  access: RegistryAccess,
  reference: string,
): Promise<RegistryDocument | undefined> {
  const path = `manifests/${reference}`;
  const response = await client.request({ method: 'GET', path, accept: MANIFEST_TYPES.join(', '), maxBody: MAX_MANIFEST });
  if (response.status === 404) return undefined;
  const expected = DIGEST.test(reference) ? reference : response.headers['docker-content-digest'];
  return verified(access, response, expected?.startsWith('sha256:') === true ? expected : undefined);
}

function missing(access: RegistryAccess, digest: string): RegistryError {
  return new RegistryError('invalid', `${access.repository} refers to ${digest}, which it does not have; push the image again`);
}

function checkReference(access: RegistryAccess, reference: string): void {
  if (DIGEST.test(reference) || TAG.test(reference)) return;
  throw new RegistryError('invalid', `${JSON.stringify(reference)} is neither a tag nor a sha256 digest of ${access.repository}`);
}

function checkDigest(access: RegistryAccess, digest: string): void {
  if (DIGEST.test(digest)) return;
  throw new RegistryError('invalid', `${access.repository}: ${JSON.stringify(digest)} is not a sha256 digest`);
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/** Where to send a blob to, from the answer that began its upload. Only ever on the same host, since credentials go with it. */
function uploadPath(access: RegistryAccess, { headers }: HttpResponse, digest: string): string {
  const location = headers['location'] ?? '';
  const { apiHost } = parseRepository(access.repository);
  const url = URL.canParse(location, `https://${apiHost}`) ? new URL(location, `https://${apiHost}`) : undefined;
  if (url === undefined || location === '' || url.host !== new URL(`${url.protocol}//${apiHost}`).host)
    throw new RegistryError(
      'invalid',
      `${access.repository}: the registry wants uploads at another place, ${url?.host ?? 'nowhere'}`,
    );
  url.searchParams.set('digest', digest);
  return `${url.pathname}${url.search}`;
}

function source(client: RegistryClient, access: RegistryAccess): DocumentSource {
  return {
    async manifest(digest) {
      const document = DIGEST.test(digest) ? await manifest(client, access, digest) : undefined;
      if (document === undefined) throw missing(access, digest);
      return document;
    },
    async blob(digest) {
      if (!DIGEST.test(digest)) throw missing(access, digest);
      const response = await client.request({ method: 'GET', path: `blobs/${digest}`, maxBody: MAX_CONFIG });
      if (response.status === 404) throw missing(access, digest);
      return verified(access, response, digest);
    },
  };
}

function verified(access: RegistryAccess, response: HttpResponse, expected: string | undefined): RegistryDocument {
  const digest = digestOf(response.body);
  if (expected !== undefined && digest !== expected) {
    throw new RegistryError(
      'invalid',
      `${access.repository}: asked for ${expected}, but what came is ${digest}; somebody changed it on the way`,
    );
  }
  const mediaType = (response.headers['content-type'] ?? '').split(';')[0]?.trim() ?? '';
  return { digest, mediaType, content: response.body };
}

function readTags(access: RegistryAccess, response: HttpResponse): string[] {
  try {
    const { tags } = JSON.parse(Buffer.from(response.body).toString()) as { tags?: unknown };
    if (tags === null || tags === undefined) return [];
    if (Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')) return tags;
  } catch (error) {
    throw new RegistryError('invalid', `${access.repository}: the list of tags is not readable JSON; is this a registry?`, {
      cause: error,
    });
  }
  throw new RegistryError('invalid', `${access.repository}: the list of tags has an unknown form; is this a registry?`);
}

/**
 * The path of the next page, below the repository: what the link asks for, of the list that was asked for first. Where it leads to otherwise is
 * not followed: credentials go with it, and behind gateways it often is wrong.
 */
function nextPage(link: string | undefined): string | undefined {
  const target = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(link ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, 'http://registry')) return undefined;
  const { search } = new URL(target, 'http://registry');
  return search === '' ? undefined : `tags/list${search}`;
}
