import type { AnalysisArgument, AnalysisRunSpec, AnalysisTemplateSpec } from '@kargo/api';

/** Names a template. Without `kind` it is an AnalysisTemplate of the Project. */
export interface TemplateReference {
  name: string;
  kind?: 'AnalysisTemplate' | 'ClusterAnalysisTemplate' | undefined;
}

/** A verification that cannot be built as it is described: only a change of the Stage or of a template helps. */
export class VerificationBuildError extends Error {
  override readonly name = 'VerificationBuildError';
  readonly code:
    | 'TemplateMissing'
    | 'TemplateCycle'
    | 'TemplatesConflict'
    | 'ArgumentUnresolved'
    | 'ArgumentInvalid'
    | 'FreightMissing';

  constructor(code: VerificationBuildError['code'], message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Finds the spec of a template; undefined if it does not exist. */
export type FindTemplate = (reference: TemplateReference) => Promise<AnalysisTemplateSpec | undefined>;

const MAX_DEPTH = 10;

/**
 * The templates in the order in which they count: those of the Project first, then those of the cluster, each followed by the templates
 * it refers to. One that is referred to more than once counts once. Fails with {@link VerificationBuildError} if one is missing, refers
 * to itself, or if references go deeper than ten.
 */
export async function expandTemplates(
  references: readonly TemplateReference[],
  find: FindTemplate,
): Promise<AnalysisTemplateSpec[]> {
  const specs: AnalysisTemplateSpec[] = [];
  const seen = new Set<string>();

  async function visit(reference: TemplateReference, path: readonly string[]): Promise<void> {
    const id = templateText(reference);
    if (path.includes(id)) {
      throw new VerificationBuildError('TemplateCycle', `${id} refers to itself: ${[...path, id].join(' -> ')}`);
    }
    if (seen.has(id)) return;
    if (path.length >= MAX_DEPTH) {
      throw new VerificationBuildError(
        'TemplateCycle',
        `templates refer to each other deeper than ${MAX_DEPTH}: ${path.join(' -> ')}`,
      );
    }
    seen.add(id);
    const spec = await find(reference);
    if (spec === undefined) {
      const by = path.at(-1);
      throw new VerificationBuildError(
        'TemplateMissing',
        `${id} does not exist${by === undefined ? '' : ` (${by} refers to it)`}`,
      );
    }
    specs.push(spec);
    for (const { templateName, clusterScope } of spec.templates ?? []) {
      await visit({ name: templateName ?? '', kind: clusterScope === true ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate' }, [
        ...path,
        id,
      ]);
    }
  }

  const isCluster = ({ kind }: TemplateReference): boolean => kind === 'ClusterAnalysisTemplate';
  for (const reference of references.filter((each) => !isCluster(each))) await visit(reference, []);
  for (const reference of references.filter(isCluster)) await visit(reference, []);
  return specs;
}

/** Kind and name of a template, for messages. */
export function templateText({ kind, name }: TemplateReference): string {
  return `${kind ?? 'AnalysisTemplate'} ${name}`;
}

/**
 * One run of several templates. Metrics, dry runs and retention rules are concatenated, and each name may occur once. Of an argument
 * that several declare, the first place counts and the first value; two different values are an error.
 */
export function mergeTemplates(templates: readonly AnalysisTemplateSpec[]): AnalysisRunSpec {
  const metrics = templates.flatMap((template) => template.metrics ?? []);
  const dryRun = templates.flatMap((template) => template.dryRun ?? []);
  const measurementRetention = templates.flatMap((template) => template.measurementRetention ?? []);
  refuseRepeated(
    metrics.map(({ name }) => name),
    (name) => `two metrics have the same name '${name}'`,
  );
  refuseRepeated(
    dryRun.map(({ metricName }) => metricName),
    (name) => `two dryRun rules have the same metric name '${name}'`,
  );
  refuseRepeated(
    measurementRetention.map(({ metricName }) => metricName),
    (name) => `two measurementRetention rules have the same metric name '${name}'`,
  );
  const args = templates.flatMap((template) => template.args ?? []).reduce(mergeArgument, []);
  return {
    metrics,
    ...(args.length === 0 ? {} : { args }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
    ...(measurementRetention.length === 0 ? {} : { measurementRetention }),
  };
}

function mergeArgument(merged: readonly AnalysisArgument[], arg: AnalysisArgument): AnalysisArgument[] {
  const known = merged.find(({ name }) => name === arg.name);
  if (known === undefined) return [...merged, arg];
  if (known.value === undefined) return merged.map((each) => (each === known ? arg : each));
  if (arg.value !== undefined && arg.value !== known.value) {
    const message = `two templates give args.${arg.name} different values: '${known.value}' and '${arg.value}'`;
    throw new VerificationBuildError('TemplatesConflict', message);
  }
  return [...merged];
}

function refuseRepeated(names: readonly string[], message: (name: string) => string): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new VerificationBuildError('TemplatesConflict', message(repeated));
}
