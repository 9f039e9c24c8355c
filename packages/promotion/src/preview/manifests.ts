import type { RehearsedEffect, RehearsedFile } from '@kargo/integrations';
import { parseAllDocuments, stringify } from 'yaml';
import type { PreviewManifest } from './document.ts';
import { boundedDiff } from './git-effects.ts';
import type { SecretsSeen } from './secrets.ts';
import { unifiedDiff } from './unified-diff.ts';

/** Files and resources that are looked at. */
const MAX_FILES = 500;
const MAX_RESOURCES = 500;

interface Resource {
  path: string;
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  name: string;
  text: string;
}

type Push = Extract<RehearsedEffect, { kind: 'push' }>;

/**
 * How the Kubernetes resources in what would be pushed differ from what is there now, resource by resource, wherever in which files they
 * stand. Files that are no manifests count for nothing.
 */
export function manifestChanges(pushes: readonly Push[], secrets: SecretsSeen): PreviewManifest[] {
  const out: PreviewManifest[] = [];
  for (const { url, ref, commits } of pushes) {
    if (!ref.startsWith('refs/heads/')) continue;
    const files = netFiles(commits.map(({ files: some }) => some));
    const manifests = files.filter(({ path }) => /\.(ya?ml|json)$/i.test(path)).slice(0, MAX_FILES);
    const before = resourcesIn(manifests, 'before');
    const after = resourcesIn(manifests, 'after');
    for (const id of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
      const [old, now] = [before.get(id), after.get(id)];
      if (old?.text === now?.text || out.length >= MAX_RESOURCES) continue;
      const { path, apiVersion, kind, namespace, name } = (now ?? old)!;
      out.push({
        repository: url,
        ref,
        path: secrets.hide(path),
        apiVersion,
        kind,
        ...(namespace === undefined ? {} : { namespace: secrets.hide(namespace) }),
        name: secrets.hide(name),
        change: old === undefined ? 'added' : now === undefined ? 'deleted' : 'modified',
        ...boundedDiff(secrets.hide(unifiedDiff(old?.text, now?.text))),
      });
    }
  }
  return out;
}

/** What the commits do to each file together: contents before the first and after the last. */
function netFiles(commits: readonly (readonly RehearsedFile[])[]): Pick<RehearsedFile, 'path' | 'before' | 'after'>[] {
  const files = new Map<string, { path: string; before?: string | undefined; after?: string | undefined }>();
  for (const commit of commits)
    for (const { path, before, after } of commit) files.set(path, { before, ...files.get(path), path, after });
  return [...files.values()];
}

function resourcesIn(
  files: readonly Pick<RehearsedFile, 'path' | 'before' | 'after'>[],
  side: 'before' | 'after',
): Map<string, Resource> {
  const out = new Map<string, Resource>();
  for (const file of files) {
    const text = file[side];
    if (text === undefined) continue;
    for (const resource of parsed(file.path, text))
      out.set([resource.apiVersion, resource.kind, resource.namespace ?? '', resource.name].join('\n'), resource);
  }
  return out;
}

function parsed(path: string, text: string): Resource[] {
  const documents = parseAllDocuments(text, { logLevel: 'silent' });
  if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) return [];
  return documents.flatMap((document) => {
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: 100 });
    } catch {
      // Aliases without end, or without an anchor: whatever it is, it is no manifest.
      return [];
    }
    const { apiVersion, kind, metadata } = (value ?? {}) as { apiVersion?: unknown; kind?: unknown; metadata?: unknown };
    const { name, namespace } = (metadata ?? {}) as { name?: unknown; namespace?: unknown };
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string') return [];
    return [
      {
        path,
        apiVersion,
        kind,
        ...(typeof namespace === 'string' ? { namespace } : {}),
        name,
        text: stringify(value, { lineWidth: 0, sortMapEntries: true, aliasDuplicateObjects: false }),
      },
    ];
  });
}
