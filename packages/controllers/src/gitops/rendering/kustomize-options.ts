/** `source.kustomize`: what an Application changes of a kustomization. */
import type { Workspace } from '@kargo/integrations';
import { parse, stringify } from 'yaml';

/** Names that kustomizations may have. */
export const KUSTOMIZATION_FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const MAX_BYTES = 1_000_000;

interface KustomizeOptions {
  images?: string[];
  namePrefix?: string;
  nameSuffix?: string;
  namespace?: string;
  commonLabels?: Record<string, string>;
  commonAnnotations?: Record<string, string>;
  labelWithoutSelector?: boolean;
  labelIncludeTemplates?: boolean;
  replicas?: { name: string; count: number | string }[];
  patches?: unknown[];
  components?: string[];
}

interface Kustomization {
  images?: { name: string }[];
  replicas?: { name: string }[];
  patches?: unknown[];
  components?: string[];
  labels?: unknown[];
  commonLabels?: Record<string, string>;
  commonAnnotations?: Record<string, string>;
  [field: string]: unknown;
}

/**
 * Writes the options into the kustomization of a folder, as `kustomize edit` would: entries for the same image or workload are replaced, what is
 * added comes last. `substitute` fills variables in. Fails where there is no kustomization, or one that cannot be read.
 */
export async function editKustomization(
  workspace: Workspace,
  folder: string,
  given: Readonly<Record<string, unknown>>,
  substitute: (text: string) => string,
): Promise<void> {
  const options = given as KustomizeOptions;
  const { images = [], replicas = [], patches = [], components = [], commonLabels, commonAnnotations } = options;
  if (Object.keys(options).length === 0) return;
  const names = new Set((await workspace.list(folder)).map(({ name }) => name));
  const name = KUSTOMIZATION_FILES.find((file) => names.has(file));
  if (name === undefined)
    throw new Error(`source.kustomize has options, but ${folder.replace(/^source\/?/, '') || '.'} has no kustomization`);
  const file = `${folder}/${name}`;
  const before = kustomizationOf(name, new TextDecoder().decode(await workspace.readFile(file, { maxBytes: MAX_BYTES })));
  const after: Kustomization = {
    ...before,
    ...picked(options),
    ...(images.length === 0
      ? {}
      : {
          images: replaced(
            before.images,
            images.map((image) => kustomizeImage(substitute(image))),
          ),
        }),
    ...(replicas.length === 0
      ? {}
      : {
          replicas: replaced(
            before.replicas,
            replicas.map((entry) => ({ ...entry, count: Number(entry.count) })),
          ),
        }),
    ...(patches.length === 0 ? {} : { patches: [...(before.patches ?? []), ...patches] }),
    ...(components.length === 0 ? {} : { components: [...(before.components ?? []), ...components] }),
    ...(commonAnnotations === undefined ? {} : { commonAnnotations: { ...before.commonAnnotations, ...commonAnnotations } }),
    ...(commonLabels === undefined ? {} : labelled(before, commonLabels, options)),
  };
  await workspace.writeFile(file, stringify(after));
}

function labelled(
  before: Kustomization,
  labels: Record<string, string>,
  { labelWithoutSelector, labelIncludeTemplates }: KustomizeOptions,
): Kustomization {
  if (labelWithoutSelector !== true) return { commonLabels: { ...before.commonLabels, ...labels } };
  const entry = { pairs: labels, includeSelectors: false, ...(labelIncludeTemplates === true ? { includeTemplates: true } : {}) };
  return { labels: [...(before.labels ?? []), entry] };
}

function kustomizationOf(name: string, text: string): Kustomization {
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (cause) {
    throw new Error(`${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${name} is not a kustomization`);
  return value as Kustomization;
}

function replaced<T extends { name: string }>(before: readonly T[] | undefined, given: readonly T[]): T[] {
  const names = new Set(given.map(({ name }) => name));
  return [...(before ?? []).filter(({ name }) => !names.has(name)), ...given];
}

function picked({ namePrefix, nameSuffix, namespace }: KustomizeOptions): Kustomization {
  const given = Object.entries({ namePrefix, nameSuffix, namespace }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** `name=newName:tag`, `name:tag` or `name@digest` as an entry of a kustomization. */
export function kustomizeImage(text: string): { name: string; newName?: string; newTag?: string; digest?: string } {
  const [left = '', right] = text.split('=', 2);
  const reference = right ?? left;
  const at = reference.indexOf('@');
  const colon = reference.lastIndexOf(':');
  const tagged = at === -1 && colon > reference.lastIndexOf('/');
  const repository = at !== -1 ? reference.slice(0, at) : tagged ? reference.slice(0, colon) : reference;
  return {
    name: right === undefined ? repository : left,
    ...(right === undefined ? {} : { newName: repository }),
    ...(at !== -1 ? { digest: reference.slice(at + 1) } : tagged ? { newTag: reference.slice(colon + 1) } : {}),
  };
}
