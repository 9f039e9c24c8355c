import { compileGlob } from '@kargo/gocompat';
import type { Workspace } from '@kargo/integrations';
import { parseAllDocuments } from 'yaml';

/** Bytes of all manifests of a folder together. */
const MAX_BYTES = 10_000_000;

/** Options of a folder of plain manifests. */
export interface DirectoryOptions {
  recurse?: boolean;
  include?: string;
  exclude?: string;
  jsonnet?: Record<string, unknown>;
}

/** The manifests of a folder as one text: YAML and JSON files whose path from the folder is included and not excluded, by globs. */
export async function plainManifests(workspace: Workspace, folder: string, options: DirectoryOptions): Promise<string> {
  if (Object.keys(options.jsonnet ?? {}).some((key) => JSON.stringify(options.jsonnet?.[key] ?? []) !== '[]'))
    throw new Error(NO_JSONNET('directory.jsonnet'));
  const included = (options.include ?? '') === '' ? undefined : compileGlob(options.include ?? '');
  const excluded = (options.exclude ?? '') === '' ? undefined : compileGlob(options.exclude ?? '');
  const texts: string[] = [];
  let bytes = 0;
  const visit = async (path: string): Promise<void> => {
    const entries = await workspace.list(path === '' ? folder : `${folder}/${path}`);
    for (const { name, type } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const file = path === '' ? name : `${path}/${name}`;
      if (type === 'directory' && options.recurse === true && name !== '.git') await visit(file);
      if (type !== 'file' || !/\.(ya?ml|json|jsonnet)$/.test(name) || name.startsWith('.argocd-source')) continue;
      if (included?.matches(file) === false || excluded?.matches(file) === true) continue;
      // Leaving it out silently would deploy half of what was meant.
      if (name.endsWith('.jsonnet')) throw new Error(NO_JSONNET(file));
      const content = await workspace.readFile(`${folder}/${file}`, { maxBytes: MAX_BYTES });
      bytes += content.byteLength;
      if (bytes > MAX_BYTES) throw new Error(`the manifests of ${folder} have more than ${MAX_BYTES / 1_000_000} MB together`);
      const text = new TextDecoder().decode(content);
      if (!text.includes('+argocd:skip-file-rendering') && isManifest(text)) texts.push(text);
    }
  };
  await visit('');
  return texts.join('\n---\n');
}

/** A file that cannot be read and does not look like a manifest either is none: values of a chart, say. */
function isManifest(text: string): boolean {
  if (/^\s*["']?(apiVersion|kind|metadata)["']?\s*:/m.test(text) || text.trim() === '') return true;
  return parseAllDocuments(text).every((document) => document.errors.length === 0);
}

const NO_JSONNET = (what: string): string =>
  `${what}: the embedded GitOps agent does not evaluate jsonnet; render it before it is committed, exclude it with directory.exclude, or use a cluster with Argo CD`;
