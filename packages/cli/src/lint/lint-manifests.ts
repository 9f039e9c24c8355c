import {
  allKinds,
  apiVersionOf,
  kargoKinds,
  type Kind,
  type KubeObject,
  type PromotionTask,
  type Stage,
  type Warehouse,
} from '@kargo/api';
import { hasShape, pipelineFindings, stepFindings, taskFindings, type KnownTasks, type ObjectFinding } from '@kargo/controllers';
import { fieldPath, StepChecker, stepRegistry, suggestionFor } from '@kargo/promotion';
import { pathOf, sortedFindings, type Finding } from './finding.ts';
import { parseSource, type SourceDocument } from './lint-source.ts';
import { ManifestsServer } from './manifests-server.ts';

/** Where objects without a namespace are taken to be. */
const NO_PROJECT = 'project-of-the-manifests';
/** Kinds that others lean on come first. */
const ORDER = ['Namespace', 'Project', 'ProjectConfig', 'Warehouse', 'PromotionTask', 'ClusterPromotionTask', 'Stage'];
const GROUP = 'kargo.akuity.io';

interface Manifest {
  document: SourceDocument;
  /** Leads to the object within its document; lists hold several. */
  prefix: readonly (string | number)[];
  kind: Kind;
  object: KubeObject;
  /** Whether the server took it, so that it has the shape its kind has. */
  accepted: boolean;
}

export interface ManifestSource {
  name: string;
  text: string;
}

/** Everything that is wrong with manifests, as far as it can be told without a server. `now`: epoch milliseconds. */
export async function lintManifests(sources: readonly ManifestSource[], { now }: { now: number }): Promise<Finding[]> {
  const findings: Finding[] = [];
  const manifests: Manifest[] = [];
  for (const { name, text } of sources) {
    const { documents, errors } = parseSource(name, text);
    findings.push(...errors.map((error): Finding => ({ ...error, severity: 'error', code: 'syntax' })));
    for (const document of documents) read(document.value, document, [], manifests, findings);
  }
  await using server = new ManifestsServer(now);
  for (const manifest of manifests.toSorted((a, b) => rank(a) - rank(b))) findings.push(...(await submit(manifest, server)));
  const checker = new StepChecker(stepRegistry());
  for (const manifest of manifests) {
    if (!hasSteps(manifest)) continue;
    const { object, kind } = manifest;
    const found = stepFindings(object, checker);
    if (kind.kind === 'Stage') {
      const namespace = namespaceOf(manifest);
      found.push(...(await taskFindings(object as Stage, namespace, tasksFor(namespace, manifests))));
    }
    findings.push(...found.map((each) => aboutFound(manifest, each)));
  }
  findings.push(...graphFindingsOf(manifests));
  return sortedFindings(withoutRepetition(findings));
}

function read(
  value: unknown,
  document: SourceDocument,
  prefix: readonly (string | number)[],
  manifests: Manifest[],
  findings: Finding[],
): void {
  const bad = (path: readonly (string | number)[], code: string, message: string, more: { suggestion?: string } = {}): void =>
    void findings.push({
      file: document.file,
      ...document.placeOf([...prefix, ...path]),
      severity: 'error',
      code,
      message,
      ...more,
    });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    bad([], 'no-object', 'this is no object with apiVersion and kind');
    return;
  }
  const { apiVersion, kind, items, metadata } = value as { [key: string]: unknown };
  if (typeof apiVersion !== 'string') return bad(['apiVersion'], 'no-object', 'apiVersion is missing');
  if (typeof kind !== 'string') return bad(['kind'], 'no-object', 'kind is missing');
  if (kind.endsWith('List') && Array.isArray(items)) {
    items.forEach((item, index) => read(item, document, [...prefix, 'items', index], manifests, findings));
    return;
  }
  const known = allKinds.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
  if (known === undefined) {
    const [group = ''] = apiVersion.split('/');
    const named = allKinds.find((one) => one.kind === kind && one.group.endsWith('akuity.io'));
    if (named !== undefined && group !== named.group && suggestionFor(apiVersion, [apiVersionOf(named)]).suggestion === undefined)
      return;
    if (named !== undefined)
      return bad(
        ['apiVersion'],
        'unknown-kind',
        `there is no ${kind} in ${apiVersion}`,
        suggestionFor(apiVersion, [apiVersionOf(named)]),
      );
    if (group === GROUP)
      bad(
        ['kind'],
        'unknown-kind',
        `there is no kind "${kind}" in ${apiVersion}`,
        suggestionFor(
          kind,
          kargoKinds.map((one) => one.kind),
        ),
      );
    return;
  }
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata))
    return bad(['metadata'], 'no-object', 'metadata is missing');
  manifests.push({ document, prefix, kind: known, object: value as KubeObject, accepted: false });
}

async function submit(manifest: Manifest, server: ManifestsServer): Promise<Finding[]> {
  const { kind, object } = manifest;
  // Namespaces come with their Projects here.
  if (kind.kind === 'Namespace') return [];
  const namespace = namespaceOf(manifest);
  if (kind.scope === 'Namespaced') await server.ensureProject(namespace);
  const { status: _, ...rest } = object as KubeObject & { status?: unknown };
  const {
    resourceVersion: __,
    uid: ___,
    managedFields: ____,
    creationTimestamp: _____,
    generation: ______,
    ...metadata
  } = object.metadata;
  const sent = { ...rest, metadata: { ...metadata, ...(kind.scope === 'Namespaced' ? { namespace } : {}) } } as KubeObject;
  const refusals = await server.create(kind, structuredClone(sent));
  manifest.accepted = refusals.length === 0;
  return refusals.map(({ field, message }) => {
    const [, unknown, suggestion] = /^unknown field "([^"]*)"(?:, (did you mean .*))?$/.exec(message) ?? [];
    const path = pathOf(field);
    return about(manifest, path, {
      severity: 'error',
      code: unknown === undefined ? 'invalid' : 'unknown-field',
      message: unknown === undefined ? message : `there is no field "${unknown}"`,
      ...(suggestion === undefined ? {} : { suggestion }),
      key: unknown !== undefined,
    });
  });
}

/** Tasks among the manifests, as a Stage of a namespace may use them. */
function tasksFor(namespace: string, manifests: readonly Manifest[]): KnownTasks {
  const ofKind = (kind: string): Manifest[] =>
    manifests.filter((one) => one.kind.kind === kind && (kind !== 'PromotionTask' || namespaceOf(one) === namespace));
  return {
    where: 'in these files',
    names: (kind) => ofKind(kind).map(({ object }) => object.metadata.name ?? ''),
    find: (kind, name) =>
      ofKind(kind).find(({ object, accepted }) => object.metadata.name === name && accepted)?.object as PromotionTask | undefined,
  };
}

function graphFindingsOf(manifests: readonly Manifest[]): Finding[] {
  const namespaces = new Set(manifests.map(namespaceOf));
  return [...namespaces].flatMap((namespace) => {
    const here = manifests.filter((one) => namespaceOf(one) === namespace);
    const stages = here.filter((one) => one.kind.kind === 'Stage' && isFit(one));
    const warehouses = here
      .filter((one) => one.kind.kind === 'Warehouse')
      .map(({ object }) => (object as Warehouse).metadata.name ?? '');
    const pipeline = { stages: stages.map(({ object }) => object as Stage), warehouses, where: 'in these files' };
    return pipelineFindings(pipeline).map((found) =>
      aboutFound(
        stages.find(({ object }) => object === found.stage)!,
        found,
      ),
    );
  });
}

function aboutFound(manifest: Manifest, { path, atKey, suggestion, severity, code, message, offset }: ObjectFinding): Finding {
  return about(manifest, path, {
    severity,
    code,
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    offset,
    key: atKey,
  });
}

function about(
  { document, prefix, kind, object }: Manifest,
  path: readonly (string | number)[],
  {
    key,
    offset,
    ...finding
  }: Pick<Finding, 'severity' | 'code' | 'message' | 'suggestion'> & { key?: boolean | undefined; offset?: number | undefined },
): Finding {
  const { namespace, name = '' } = object.metadata;
  return {
    file: document.file,
    ...document.placeOf([...prefix, ...path], { key, offset }),
    ...finding,
    object: `${kind.kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
    ...(path.length === 0 ? {} : { field: fieldPath(path) }),
  };
}

/** The server knows less of steps and expressions than the checks made for them: where both speak of a place, the latter do. */
function withoutRepetition(findings: readonly Finding[]): Finding[] {
  const placed = new Set(findings.filter(({ code }) => code !== 'invalid').map(({ file, field }) => `${file} ${field}`));
  return findings.filter(({ code, file, field }) => code !== 'invalid' || field === undefined || !placed.has(`${file} ${field}`));
}

function namespaceOf({ kind, object }: Manifest): string {
  if (kind.kind === 'ClusterPromotionTask' || kind.scope === 'Cluster') return '';
  return object.metadata.namespace ?? NO_PROJECT;
}

function rank({ kind }: Manifest): number {
  const index = ORDER.indexOf(kind.kind);
  return index < 0 ? ORDER.length : index;
}

function hasSteps(manifest: Manifest): boolean {
  if (!['Stage', 'PromotionTask', 'ClusterPromotionTask'].includes(manifest.kind.kind)) return false;
  return isFit(manifest);
}

/** Whether it can be looked at closely; the server tells if it cannot. */
function isFit({ object, accepted }: Manifest): boolean {
  return accepted || hasShape(object);
}
