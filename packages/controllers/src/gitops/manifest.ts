import { allKinds, apiVersionOf, type Kind, type KubeObject, type Workload } from '@kargo/api';
import { RUN_UID_LABEL } from '@kargo/analysis';
import { parseAllDocuments } from 'yaml';
import { RUN_JOB_LABEL } from '../jobs/job-controller.ts';
import { isHook } from './sync/hooks.ts';

/** Annotation by which a live object says which Application put it there. */
export const TRACKING_ANNOTATION = 'argocd.argoproj.io/tracking-id';

/** A desired object with its kind looked up. */
export interface Manifest {
  kind: Kind<Workload>;
  object: Workload;
}

const kinds: ReadonlyMap<string, Kind> = new Map(allKinds.map((kind) => [`${apiVersionOf(kind)}/${kind.kind}`, kind]));

/** The kind of an object, if the embedded API serves it by itself. */
export function kindOfObject(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Kind<Workload> | undefined {
  return kinds.get(`${object.apiVersion}/${object.kind}`) as Kind<Workload> | undefined;
}

/** `group/Kind:namespace/name`: how an object is named in tracking ids and messages. */
export function describeObject({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  return `${group}/${kind}:${metadata.namespace ?? ''}/${metadata.name ?? metadata.generateName ?? ''}`;
}

/** Objects of a multi-document YAML or JSON text, `List`s expanded. Throws, naming the document, on what is not a manifest. */
export function parseManifests(text: string): KubeObject[] {
  const out: KubeObject[] = [];
  for (const [index, document] of parseAllDocuments(text).entries()) {
    if (document.errors[0] !== undefined)
      throw new Error(`document ${index + 1} of the rendered manifests: ${document.errors[0].message}`);
    const value: unknown = document.toJS();
    if (value === null || value === undefined) continue;
    out.push(...expand(value, index));
  }
  return out;
}

function expand(value: unknown, index: number): KubeObject[] {
  const { apiVersion, kind, metadata, items } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Partial<KubeObject> & { items?: unknown };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string')
    throw new Error(`document ${index + 1} of the rendered manifests has no apiVersion and kind`);
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap((item) => expand(item, index));
  const isNamed = metadata?.name !== undefined || (metadata?.generateName !== undefined && isHook(value as KubeObject));
  if (!isNamed)
    throw new Error(
      `document ${index + 1} of the rendered manifests (${kind}) has no metadata.name${metadata?.generateName === undefined ? '' : ': generateName is for hooks alone'}`,
    );
  return [value as KubeObject];
}

/** Kinds that are cluster-scoped, of those that embedded APIs do not serve. */
const CLUSTER_SCOPED =
  /^(?:Cluster\w+|PersistentVolume|StorageClass|IngressClass|PriorityClass|RuntimeClass|GatewayClass|APIService|CSIDriver|Node|ValidatingAdmissionPolicy(?:Binding)?|MutatingAdmissionPolicy(?:Binding)?)$/;

/** The kind of an object where nobody can be asked: from its name, and from whether it names a namespace. */
export function assumedKind(
  object: Pick<KubeObject, 'apiVersion' | 'kind'> & Partial<Pick<KubeObject, 'metadata'>>,
): Kind<Workload> {
  const known = kindOfObject(object);
  if (known !== undefined) return known;
  const scope = CLUSTER_SCOPED.test(object.kind) && object.metadata?.namespace === undefined ? 'Cluster' : 'Namespaced';
  return customKind(object, { plural: `${object.kind.toLowerCase()}s`, scope });
}

function customKind(
  { apiVersion, kind }: Pick<KubeObject, 'apiVersion' | 'kind'>,
  { plural, scope, singular }: { plural: string; scope: 'Namespaced' | 'Cluster'; singular?: string | undefined },
): Kind<Workload> {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return {
    group,
    version,
    kind,
    plural,
    singular: singular ?? kind.toLowerCase(),
    listKind: `${kind}List`,
    shortNames: [],
    categories: [],
    scope,
    statusSubresource: false,
    printerColumns: [],
  };
}

interface Definition {
  group?: string;
  scope?: string;
  names?: { kind?: string; plural?: string; singular?: string };
  versions?: { name?: string }[];
}

/** The kind of an object, if one of some CustomResourceDefinitions defines it. */
export function definedKind(
  object: Pick<KubeObject, 'apiVersion' | 'kind'>,
  definitions: readonly KubeObject[],
): Kind<Workload> | undefined {
  const [version = '', group = ''] = object.apiVersion.split('/').toReversed();
  for (const { kind, spec } of definitions as readonly (KubeObject & { spec?: Definition })[]) {
    if (kind !== 'CustomResourceDefinition' || spec?.group !== group || spec.names?.kind !== object.kind) continue;
    if (spec.versions?.some(({ name }) => name === version) !== true) continue;
    const { plural = `${object.kind.toLowerCase()}s`, singular } = spec.names;
    return customKind(object, { plural, singular, scope: spec.scope === 'Cluster' ? 'Cluster' : 'Namespaced' });
  }
  return undefined;
}

/**
 * Prepares rendered objects for a destination: fills or clears the namespace, sets the tracking id, keeps the last of repeated objects.
 * `kindOf` tells the kinds that the destination serves; those that the objects themselves define count too, and those of objects that
 * `assume` lets pass. `unknown` lists other kinds.
 */
export async function normalizeManifests(
  objects: readonly KubeObject[],
  options: {
    app: string;
    namespace: string;
    kindOf: (object: KubeObject) => Promise<Kind<Workload> | undefined>;
    assume?: (object: KubeObject) => boolean;
  },
): Promise<{ manifests: Manifest[]; repeated: string[]; unknown: string[] }> {
  const byName = new Map<string, Manifest>();
  const repeated: string[] = [];
  const unknown: string[] = [];
  for (const raw of objects) {
    const kind =
      (await options.kindOf(raw)) ?? definedKind(raw, objects) ?? (options.assume?.(raw) === true ? assumedKind(raw) : undefined);
    if (kind === undefined) {
      unknown.push(`${raw.apiVersion}, Kind=${raw.kind}`);
      continue;
    }
    const { namespace, ...metadata } = withoutRunLabels(raw.metadata);
    const object: Workload = {
      ...raw,
      metadata: { ...metadata, ...(kind.scope === 'Namespaced' ? { namespace: namespace ?? options.namespace } : {}) },
    };
    const name = describeObject(object);
    object.metadata.annotations = { ...object.metadata.annotations, [TRACKING_ANNOTATION]: `${options.app}:${name}` };
    if (byName.has(name)) repeated.push(name);
    byName.delete(name);
    byName.set(name, { kind, object });
  }
  return { manifests: [...byName.values()], repeated, unknown };
}

/** What comes from git must not have Jobs really run: only the Application says so. */
function withoutRunLabels(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { [RUN_JOB_LABEL]: job, [RUN_UID_LABEL]: run, ...labels } = metadata.labels ?? {};
  return job === undefined && run === undefined ? metadata : { ...metadata, labels };
}
