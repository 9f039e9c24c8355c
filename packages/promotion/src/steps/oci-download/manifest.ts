/** Manifests and indexes of registries. */
import type { StoredManifest } from '@kargo/integrations';
import { TerminalStepError } from '../../step.ts';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  platform?: { os?: string; architecture?: string } | undefined;
  annotations?: Record<string, string> | undefined;
  /** Where the content lies if not in the registry. */
  urls?: string[] | undefined;
}

export interface Manifest {
  config?: Descriptor | undefined;
  layers?: Descriptor[] | undefined;
  annotations?: Record<string, string> | undefined;
}

export interface Index {
  manifests: Descriptor[];
  annotations?: Record<string, string> | undefined;
}

const INDEX_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
const MANIFEST_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

/** What a stored document is. Anything but an index or a manifest in a current format is an error for good. */
export function readManifest(
  { content, digest, mediaType }: StoredManifest,
  repository: string,
): { kind: 'index'; index: Index } | { kind: 'manifest'; manifest: Manifest } {
  const subject = `${repository}@${digest}`;
  if (!INDEX_TYPES.has(mediaType) && !MANIFEST_TYPES.has(mediaType))
    throw new TerminalStepError(`${subject} has the media type ${mediaType || '(none)'}, which is not supported`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(content).toString());
  } catch (error) {
    throw new TerminalStepError(`${subject} is not readable JSON; push it again`, { cause: error });
  }
  const { config, layers, manifests } = (json ?? {}) as Partial<Record<string, unknown>>;
  if (INDEX_TYPES.has(mediaType)) {
    if (Array.isArray(manifests) && manifests.every(isDescriptor)) return { kind: 'index', index: json as Index };
  } else if (
    (config === undefined || isDescriptor(config)) &&
    (layers === undefined || (Array.isArray(layers) && layers.every(isDescriptor)))
  ) {
    return { kind: 'manifest', manifest: json as Manifest };
  }
  throw new TerminalStepError(`${subject} does not have the form of a ${mediaType}; push it again`);
}

function isDescriptor(value: unknown): value is Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Partial<Record<string, unknown>>;
  return typeof mediaType === 'string' && typeof digest === 'string' && Number.isSafeInteger(size) && (size as number) >= 0;
}
