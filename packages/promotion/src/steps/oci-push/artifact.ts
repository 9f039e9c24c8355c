/** What has to be pushed for an artifact to exist elsewhere. */
import { createHash } from 'node:crypto';
import type { RegistryAccess, StoredManifest } from '@kargo/integrations';
import { TerminalStepError, type StepPorts } from '../../step.ts';
import { readManifest, type Descriptor } from '../oci-download/manifest.ts';
import type { ScopedAnnotations } from './annotations.ts';

export interface Artifact {
  /** What a tag will name. */
  top: StoredManifest;
  /** What `top` refers to, in the order it has to be pushed. */
  children: StoredManifest[];
  /** All blobs, each once. */
  blobs: Descriptor[];
}

/** Indexes in indexes. */
const MAX_DEPTH = 4;
const MAX_MANIFESTS = 200;
/** Names, on an entry of an index, the entry that it attests. */
const ATTESTED = 'vnd.docker.reference.digest';

/**
 * Reads an artifact, with annotations added. Documents without new annotations stay byte for byte what they are; entries of an index
 * follow the digests of what they name. Reads manifests only, no blobs.
 */
export async function readArtifact(
  access: RegistryAccess,
  version: string,
  annotations: ScopedAnnotations,
  { registries }: Pick<StepPorts, 'registries'>,
): Promise<Artifact> {
  const children: StoredManifest[] = [];
  const blobs = new Map<string, Descriptor>();
  let seen = 0;

  const read = async (reference: string, depth: number, own: ScopedAnnotations): Promise<StoredManifest> => {
    seen += 1;
    if (depth > MAX_DEPTH || seen > MAX_MANIFESTS)
      throw new TerminalStepError(`${access.repository} at ${version} refers to too many manifests to be copied`);
    const document = await registries.manifest(access, reference);
    if (document === undefined)
      throw new Error(`there is no ${reference} in ${access.repository}; check srcRef, and the credentials for it`);
    const parsed = readManifest(document, access.repository);
    if (parsed.kind === 'manifest') {
      const { config, layers = [] } = parsed.manifest;
      for (const blob of [...(config === undefined ? [] : [config]), ...layers])
        // What lies elsewhere stays there.
        if ((blob.urls ?? []).length === 0) blobs.set(blob.digest, blob);
      return annotated(document, parsed.manifest, own.manifest);
    }
    const renamed = new Map<string, string>();
    const entries: Descriptor[] = [];
    for (const entry of parsed.index.manifests) {
      const attests = entry.annotations?.[ATTESTED] !== undefined;
      const child = await read(entry.digest, depth + 1, attests ? { index: {}, manifest: {} } : own);
      children.push(child);
      renamed.set(entry.digest, child.digest);
      entries.push({ ...entry, digest: child.digest, size: child.content.length });
    }
    for (const entry of entries) {
      const attested = renamed.get(entry.annotations?.[ATTESTED] ?? '');
      if (attested !== undefined) entry.annotations = { ...entry.annotations, [ATTESTED]: attested };
    }
    const changed = entries.some(({ digest }, position) => digest !== parsed.index.manifests[position]?.digest);
    return annotated(document, changed ? { ...parsed.index, manifests: entries } : parsed.index, own.index, changed);
  };

  const top = await read(version, 0, annotations);
  return { top, children, blobs: [...blobs.values()] };
}

/** Bytes that a copy of the artifact takes. */
export function sizeOf({ top, children, blobs }: Artifact): number {
  const documents = [top, ...children].reduce((sum, { content }) => sum + content.length, 0);
  return blobs.reduce((sum, { size }) => sum + size, documents);
}

function annotated(
  document: StoredManifest,
  parsed: { annotations?: Record<string, string> | undefined },
  added: Readonly<Record<string, string>>,
  changed = false,
): StoredManifest {
  const missing = Object.entries(added).some(([key, value]) => parsed.annotations?.[key] !== value);
  if (!missing && !changed) return document;
  const annotations = { ...parsed.annotations, ...added };
  const content = Buffer.from(JSON.stringify(Object.keys(annotations).length === 0 ? parsed : { ...parsed, annotations }));
  return { ...document, content, digest: `sha256:${createHash('sha256').update(content).digest('hex')}` };
}
