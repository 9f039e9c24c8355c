import { parseAllDocuments, stringify } from 'yaml';
import { parseChartDependencies } from '../../rendering/chart-dependencies.ts';
import type { Renderer } from '../../rendering/port.ts';
import { RenderError } from '../../rendering/render-error.ts';
import type { SimulatedFileSystem } from './file-system.ts';
import type { Operations } from './operations.ts';

interface Image {
  name: string;
  newName?: string;
  newTag?: string;
  digest?: string;
}

interface Kustomization {
  resources?: string[];
  replicas?: { name: string; count: number }[];
  images?: Image[];
  namespace?: string;
  namePrefix?: string;
  nameSuffix?: string;
}

type Manifest = Record<string, unknown>;

const KNOWN: ReadonlySet<string> = new Set([
  'apiVersion',
  'kind',
  'resources',
  'replicas',
  'images',
  'namespace',
  'namePrefix',
  'nameSuffix',
]);

const SCALABLE: ReadonlySet<string> = new Set(['Deployment', 'ReplicaSet', 'ReplicationController', 'StatefulSet']);

/**
 * A simple imitation of rendering. Kustomize: `resources` (files and folders), `images`, `replicas`, `namespace`, `namePrefix`, `nameSuffix`;
 * every other field is an error rather than a wrong result. Helm: templates without actions, put one after another.
 */
export function simulatedRenderer(files: SimulatedFileSystem, operations: Operations): Renderer {
  const aborted = (cause: unknown): Error =>
    new RenderError('aborted', 'could not render: the operation was cancelled', { cause });
  return {
    kustomize: (options) =>
      operations.perform(`renderer.kustomize ${options.path}`, { signal: options.signal, aborted }, () =>
        build(files, options.root, options.path).map(written).join('---\n'),
      ),
    helm: (options) =>
      operations.perform(`renderer.helm ${options.path}`, { signal: options.signal, aborted }, () => {
        if (!files.isFile(`${options.path}/Chart.yaml`)) throw invalid(options.root, options.path, 'it has no Chart.yaml');
        const templates = [...files.tree(`${options.path}/templates`)];
        const computed = templates.find(([, text]) => text.includes('{{'));
        if (computed !== undefined)
          throw invalid(options.root, options.path, `${computed[0]} has actions, which the simulation does not know`);
        return templates.map(([name, text]) => `---\n# Source: ${name}\n${text.endsWith('\n') ? text : `${text}\n`}`).join('');
      }),
    helmDependencies: (options) =>
      operations.perform(`renderer.helmDependencies ${options.path}`, { signal: options.signal, aborted }, () => {
        const chart = files.text(`${options.path}/Chart.yaml`);
        if (chart === undefined) throw invalid(options.root, options.path, 'it has no Chart.yaml');
        if (parseChartDependencies('Chart.yaml', chart).length > 0)
          throw invalid(options.root, options.path, 'it has dependencies, which the simulation does not know');
      }),
  };
}

function build(files: SimulatedFileSystem, root: string, folder: string): Manifest[] {
  if (folder !== root && !folder.startsWith(`${root}/`)) throw invalid(root, folder, 'it leads out of the workspace');
  const name = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'].find((file) => files.isFile(`${folder}/${file}`));
  if (name === undefined) throw invalid(root, folder, 'it has no kustomization.yaml');
  const settings = (parse(files, root, `${folder}/${name}`)[0] ?? {}) as Kustomization;
  const unknown = Object.keys(settings).find((field) => !KNOWN.has(field));
  if (unknown !== undefined) throw invalid(root, folder, `the simulation does not know the field ${unknown}`);
  const manifests = (settings.resources ?? []).flatMap((resource) => {
    const path = join(folder, resource);
    if (!path.startsWith(`${root}/`)) throw invalid(root, folder, `${resource} leads out of the workspace`);
    if (files.isFolder(path)) return build(files, root, path);
    if (files.isFile(path)) return parse(files, root, path);
    throw invalid(root, folder, `${resource} does not exist`);
  });
  for (const manifest of manifests) {
    for (const image of settings.images ?? []) setImage(manifest, image);
    setReplicas(manifest, settings.replicas ?? []);
    const metadata = (manifest['metadata'] ?? {}) as Record<string, unknown>;
    if (settings.namespace !== undefined) metadata['namespace'] = settings.namespace;
    metadata['name'] = `${settings.namePrefix ?? ''}${String(metadata['name'] ?? '')}${settings.nameSuffix ?? ''}`;
    manifest['metadata'] = metadata;
  }
  return manifests;
}

function setReplicas(manifest: Manifest, replicas: readonly { name: string; count: number }[]): void {
  const metadata = manifest['metadata'] as { name?: string } | undefined;
  const spec = manifest['spec'] as Record<string, unknown> | undefined;
  const wanted = replicas.find(({ name }) => name === metadata?.name);
  // As kustomize does: only objects that can have replicas, whether or not they say how many.
  if (wanted === undefined || spec === undefined || !SCALABLE.has(String(manifest['kind']))) return;
  spec['replicas'] = wanted.count;
}

function setImage(value: unknown, image: Image): void {
  if (Array.isArray(value)) for (const entry of value) setImage(entry, image);
  if (typeof value !== 'object' || value === null) return;
  const object = value as Record<string, unknown>;
  for (const [key, entry] of Object.entries(object)) {
    if (key !== 'image' || typeof entry !== 'string') setImage(entry, image);
    else {
      const [, name = '', tag] = /^(.*?)(:[^:/@]+)?(?:@.*)?$/.exec(entry) ?? [];
      if (name !== image.name) continue;
      const version =
        image.digest !== undefined ? `@${image.digest}` : image.newTag !== undefined ? `:${image.newTag}` : (tag ?? '');
      object[key] = `${image.newName ?? name}${version}`;
    }
  }
}

function parse(files: SimulatedFileSystem, root: string, file: string): Manifest[] {
  const documents = parseAllDocuments(files.text(file) ?? '', { logLevel: 'silent' });
  const [error] = documents.flatMap(({ errors }) => errors);
  if (error !== undefined) throw invalid(root, file, error.message);
  return documents.map((document) => document.toJS() as Manifest | null).filter((manifest) => manifest !== null);
}

function written(manifest: Manifest): string {
  return stringify(manifest, { sortMapEntries: true, lineWidth: 0, indentSeq: false });
}

function join(folder: string, path: string): string {
  const parts = path.startsWith('/') ? [] : folder.split('/').filter((part) => part !== '');
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

function invalid(root: string, path: string, why: string): RenderError {
  return new RenderError('invalid', `could not render ${path.replace(`${root}/`, '')}: ${why}`);
}
