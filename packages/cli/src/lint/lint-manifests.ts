import {
  allKinds,
  apiVersionOf,
  kargoKinds,
  type Kind,
  type KubeObject,
  type ObjectKey,
  notFound,
  type PromotionTask,
  type Stage,
  type Warehouse,
} from '@kargo/api';
import { inflateSteps } from '@kargo/controllers';
import { fieldPath, StepChecker, stepRegistry, suggestionFor, type StepFinding } from '@kargo/promotion';
import { pathOf, sortedFindings, type Finding } from './finding.ts';
import { graphFindings } from './graph.ts';
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
    findings.push(...stepFindings(manifest, checker), ...(await taskFindings(manifest, manifests)));
  }
  findings.push(...pipelineFindings(manifests));
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

function stepFindings(manifest: Manifest, checker: StepChecker): Finding[] {
  const { kind, object } = manifest;
  const told = (base: readonly (string | number)[], found: readonly StepFinding[]): Finding[] =>
    found.map(({ path, offset, code, severity, message, suggestion, atKey = false }) =>
      about(manifest, [...base, ...path], {
        severity,
        code,
        message,
        ...(suggestion === undefined ? {} : { suggestion }),
        ...(offset === undefined ? {} : { offset }),
        key: atKey,
      }),
    );
  if (kind.kind !== 'Stage') {
    const { spec } = object as PromotionTask;
    return told(['spec'], checker.check({ kind: 'task', steps: spec.steps, vars: spec.vars, knownVars: undefined }));
  }
  const { spec } = object as Stage;
  const template = spec.promotionTemplate?.spec;
  const ofStage = (spec.vars ?? []).map(({ name }) => name);
  return [
    ...told(['spec'], checker.variables(spec.vars ?? [], { level: 'promotion', known: [] })),
    ...told(
      ['spec', 'promotionTemplate', 'spec'],
      checker.check({ kind: 'stage', steps: template?.steps ?? [], vars: template?.vars, knownVars: ofStage }),
    ),
    ...told(
      ['spec', 'verification'],
      checker
        .variables(spec.verification?.args ?? [], { level: 'verification', known: ofStage })
        .map((finding) => ({ ...finding, path: ['args', ...finding.path.slice(1)] })),
    ),
  ];
}

/** Tasks that are not there, and variables of theirs that nobody sets. */
async function taskFindings(manifest: Manifest, manifests: readonly Manifest[]): Promise<Finding[]> {
  if (manifest.kind.kind !== 'Stage') return [];
  const { spec } = manifest.object as Stage;
  const template = spec.promotionTemplate?.spec;
  const out: Finding[] = [];
  for (const [index, step] of (template?.steps ?? []).entries()) {
    if (step.task === undefined) continue;
    const path = ['spec', 'promotionTemplate', 'spec', 'steps', index];
    const { kind = 'PromotionTask', name } = step.task;
    const namespace = namespaceOf(manifest);
    const known = manifests.filter(
      (one) => one.kind.kind === kind && (kind !== 'PromotionTask' || namespaceOf(one) === namespace),
    );
    const task = known.find(({ object }) => object.metadata.name === name);
    if (task === undefined) {
      const names = known.map(({ object }) => object.metadata.name ?? '');
      out.push(
        about(manifest, [...path, 'task', 'name'], {
          severity: 'warning',
          code: 'unknown-task',
          message: `there is no ${kind} "${name}" in these files`,
          ...suggestionFor(name, names),
        }),
      );
      continue;
    }
    if (!task.accepted) continue;
    const reader = {
      get: async <T extends KubeObject>(wanted: Kind<T>, key: ObjectKey): Promise<T> => {
        if (key.name !== name) throw notFound(wanted as unknown as Kind, key);
        return task.object as T;
      },
    };
    const inflation = await inflateSteps(reader, namespace, [step], [...(spec.vars ?? []), ...(template?.vars ?? [])]);
    if (inflation.kind === 'refused')
      out.push(
        ...inflation.problems.map(({ detail }) =>
          about(manifest, path, { severity: 'error', code: 'missing-variable', message: detail }),
        ),
      );
  }
  return out;
}

function pipelineFindings(manifests: readonly Manifest[]): Finding[] {
  const namespaces = new Set(manifests.map(namespaceOf));
  return [...namespaces].flatMap((namespace) => {
    const here = manifests.filter((one) => namespaceOf(one) === namespace);
    const stages = here.filter((one) => one.kind.kind === 'Stage' && hasShape(one));
    const warehouses = here
      .filter((one) => one.kind.kind === 'Warehouse')
      .map(({ object }) => (object as Warehouse).metadata.name ?? '');
    return graphFindings({ stages: stages.map(({ object }) => object as Stage), warehouses }).map((found) => {
      const manifest = stages.find(({ object }) => object === found.stage)!;
      const { request, upstream, code, severity, message, name, known } = found;
      const path = ['spec', 'requestedFreight', request];
      const at =
        code === 'unknown-warehouse'
          ? [...path, 'origin', 'name']
          : upstream === undefined
            ? [...path, 'sources']
            : [...path, 'sources', 'stages', upstream];
      return about(manifest, at, { severity, code, message, ...(name === undefined ? {} : suggestionFor(name, known ?? [])) });
    });
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
  return hasShape(manifest);
}

/** Whether the parts that are looked at have the types they should have; the server tells if they have not. */
function hasShape({ kind, object, accepted }: Manifest): boolean {
  if (accepted) return true;
  const { spec } = object as { spec?: { [key: string]: unknown } };
  if (typeof spec !== 'object' || spec === null) return false;
  if (kind.kind !== 'Stage') return stepsFine(spec['steps']) && variablesFine(spec['vars']);
  const { requestedFreight, promotionTemplate, vars, verification } = spec;
  const template = (promotionTemplate as { spec?: { steps?: unknown; vars?: unknown } } | undefined)?.spec;
  const requests =
    Array.isArray(requestedFreight) &&
    requestedFreight.every(
      (one: { origin?: { name?: unknown; kind?: unknown }; sources?: { stages?: unknown } } | null) =>
        typeof one?.origin?.name === 'string' &&
        typeof one.origin.kind === 'string' &&
        typeof one.sources === 'object' &&
        one.sources !== null &&
        (one.sources.stages === undefined || isTexts(one.sources.stages)),
    );
  const args = (verification as { args?: unknown } | undefined)?.args;
  return (
    requests &&
    variablesFine(vars) &&
    variablesFine(template?.vars) &&
    variablesFine(args) &&
    (template?.steps === undefined || stepsFine(template.steps))
  );
}

function stepsFine(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((step: { [key: string]: unknown } | null) => {
      if (typeof step !== 'object' || step === null) return false;
      const { uses, as, if: condition, vars, task, retry } = step;
      const text = (one: unknown): boolean => one === undefined || typeof one === 'string';
      const object = (one: unknown): boolean => one === undefined || (typeof one === 'object' && one !== null);
      return text(uses) && text(as) && text(condition) && variablesFine(vars) && object(task) && object(retry);
    })
  );
}

function variablesFine(value: unknown): boolean {
  if (value === undefined) return true;
  return (
    Array.isArray(value) &&
    value.every(
      (one: { name?: unknown; value?: unknown } | null) =>
        typeof one?.name === 'string' && (one.value === undefined || typeof one.value === 'string'),
    )
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
