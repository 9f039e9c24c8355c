import { timestamp } from '@kargo/kube';
import type { ImageMetadata } from './port.ts';
import { RegistryError } from './registry-error.ts';

/** Media types of manifests that can be read, best first. */
export const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** A document of a registry with its verified digest. */
export interface RegistryDocument {
  digest: string;
  mediaType: string;
  content: Uint8Array;
}

/** Gets further documents of the same repository. Both fail with `RegistryError`, also when there is no such document. */
export interface DocumentSource {
  manifest(digest: string): Promise<RegistryDocument>;
  blob(digest: string): Promise<RegistryDocument>;
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string | undefined;
}

/** Everything worth knowing about an image, independent of what was asked. Never changes for a digest. */
export interface ImageFacts {
  digest: string;
  mediaType: string;
  annotations: Record<string, string>;
  createdAt?: string | undefined;
  platforms: (Platform & { annotations: Record<string, string> })[];
  /** Whether the platforms are entries of an index. */
  index: boolean;
}

const CREATED = 'org.opencontainers.image.created';
const BUILD_DATE = 'org.label-schema.build-date';
/** Entries of an index that are looked at. */
const MAX_ENTRIES = 100;

/** Reads a manifest or index, and what it refers to as far as creation time and platform need it. */
export async function imageFacts(document: RegistryDocument, source: DocumentSource): Promise<ImageFacts> {
  const json = parseObject(document);
  const mediaType = text(json['mediaType']) ?? document.mediaType;
  const annotations = strings(json['annotations']);
  if (Array.isArray(json['manifests'])) {
    const entries = (json['manifests'] as unknown[]).filter(isObject).slice(0, MAX_ENTRIES);
    const usable = entries.flatMap((entry) => {
      const platform = readPlatform(isObject(entry['platform']) ? entry['platform'] : {});
      const digest = text(entry['digest']);
      return platform === undefined || digest === undefined
        ? []
        : [{ ...platform, digest, annotations: strings(entry['annotations']) }];
    });
    let createdAt = ownDate(annotations);
    if (createdAt === undefined) {
      for (const { digest } of usable) {
        const image = await imageFacts(await source.manifest(digest), source);
        createdAt = later(createdAt, image.createdAt === undefined ? undefined : Date.parse(image.createdAt));
      }
    }
    return {
      digest: document.digest,
      mediaType,
      annotations,
      createdAt: written(createdAt),
      platforms: usable.map(({ os, architecture, variant, annotations: own }) => ({
        ...bare({ os, architecture, variant }),
        annotations: own,
      })),
      index: true,
    };
  }
  const reference = isObject(json['config']) ? text(json['config']['digest']) : undefined;
  if (reference === undefined) {
    throw new RegistryError(
      'invalid',
      `the manifest ${document.digest} (${mediaType}) has no config; images in older formats have to be pushed again with a current tool`,
    );
  }
  const config = parseObject(await source.blob(reference));
  const labels = strings(isObject(config['config']) ? config['config']['Labels'] : undefined);
  const platform = readPlatform(config);
  return {
    digest: document.digest,
    mediaType,
    annotations,
    createdAt: written(ownDate(annotations) ?? later(ownDate(labels), date(text(config['created'])))),
    platforms: platform === undefined ? [] : [{ ...platform, annotations: {} }],
    index: false,
  };
}

/**
 * What is known of an image for those who want `platform` (`os/architecture[/variant]`): undefined if it does not have it. Fails with
 * `invalid` for an index without any usable entry.
 */
export function metadataFor(facts: ImageFacts, platform?: string): ImageMetadata | undefined {
  const platforms = facts.platforms.map(bare);
  const whole = { digest: facts.digest, mediaType: facts.mediaType, createdAt: facts.createdAt, platforms };
  if (platform === undefined || platform === '') return { ...whole, annotations: { ...facts.annotations } };
  const wanted = parsePlatform(platform);
  if (facts.index && facts.platforms.length === 0) {
    throw new RegistryError('invalid', `the index ${facts.digest} names no platform, so ${platform} cannot be chosen from it`);
  }
  const match = facts.platforms.find((entry) => isSamePlatform(entry, wanted));
  return match === undefined ? undefined : { ...whole, annotations: { ...facts.annotations, ...match.annotations } };
}

/** Variants that are meant when none is named. */
const USUAL_VARIANTS: ReadonlyMap<string, string> = new Map([
  ['amd64', 'v1'],
  ['arm', 'v7'],
  ['arm64', 'v8'],
]);

/** Whether both are the same platform; a variant that is not named is the usual one of the architecture. */
export function isSamePlatform(a: Platform, b: Platform): boolean {
  const variantOf = ({ architecture, variant = '' }: Platform): string =>
    variant === '' ? (USUAL_VARIANTS.get(architecture) ?? '') : variant;
  return a.os === b.os && a.architecture === b.architecture && variantOf(a) === variantOf(b);
}

/** Reads `os/architecture[/variant]`. Fails with `invalid`. */
export function parsePlatform(platform: string): Platform {
  const [os, architecture, variant, ...rest] = platform.split('/');
  if (!os || !architecture || variant === '' || rest.length > 0) {
    throw new RegistryError(
      'invalid',
      `${JSON.stringify(platform)} is not a platform; write os/architecture or os/architecture/variant`,
    );
  }
  return { os, architecture, variant };
}

function bare({ os, architecture, variant }: Platform): Platform {
  return { os, architecture, ...(variant === undefined ? {} : { variant }) };
}

function readPlatform(value: Record<string, unknown>): Platform | undefined {
  const os = text(value['os']);
  const architecture = text(value['architecture']);
  // Attestations are listed as entries for an unknown platform.
  if (!os || !architecture || os === 'unknown' || architecture === 'unknown') return undefined;
  const variant = text(value['variant']);
  return { os, architecture, ...(variant === undefined || variant === '' ? {} : { variant }) };
}

function ownDate(values: Record<string, string>): number | undefined {
  return date(values[CREATED]) ?? date(values[BUILD_DATE]);
}

/** Epoch milliseconds; undefined for nonsense and for Go's zero time, which tools write for "unknown". */
function date(value: string | undefined): number | undefined {
  const ms = value === undefined ? Number.NaN : Date.parse(value);
  return Number.isNaN(ms) || ms <= Date.parse('0001-01-02T00:00:00Z') ? undefined : ms;
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.max(a, b);
}

function written(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : timestamp(ms);
}

function parseObject(document: RegistryDocument): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(document.content).toString());
    if (isObject(value)) return value;
  } catch (error) {
    throw new RegistryError('invalid', `${document.digest} is not readable JSON`, { cause: error });
  }
  throw new RegistryError('invalid', `${document.digest} is not a JSON object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function strings(value: unknown): Record<string, string> {
  const out: Record<string, string> = {};
  if (isObject(value)) for (const [key, entry] of Object.entries(value)) if (typeof entry === 'string') out[key] = entry;
  return out;
}
