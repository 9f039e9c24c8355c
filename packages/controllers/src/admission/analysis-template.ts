import { templateFindings } from '@kargo/analysis';
import { AnalysisTemplate, ClusterAnalysisTemplate, type AnalysisTemplateSpec, type FieldError, type Stage } from '@kargo/api';
import { equal, type AdmissionRequest, type AdmissionRules, type Reader } from '@kargo/kube';
import { expandTemplates, mergeTemplates, VerificationBuildError, type TemplateReference } from '../stage/flatten-templates.ts';
import { find, type AdmissionDeps } from './deps.ts';
import { duplicate, invalidValue } from './field-errors.ts';

type Template = AnalysisTemplate | ClusterAnalysisTemplate;

/** Rules of the templates of a Project. */
export function analysisTemplateRules(deps: Pick<AdmissionDeps, 'client'>): AdmissionRules<AnalysisTemplate> {
  return { kind: AnalysisTemplate, ...rulesOf<AnalysisTemplate>(deps, 'AnalysisTemplate') };
}

/** Rules of the templates of all Projects. */
export function clusterAnalysisTemplateRules(deps: Pick<AdmissionDeps, 'client'>): AdmissionRules<ClusterAnalysisTemplate> {
  return { kind: ClusterAnalysisTemplate, ...rulesOf<ClusterAnalysisTemplate>(deps, 'ClusterAnalysisTemplate') };
}

/** What a stored template already says is not held against it: only new or changed specs are checked. */
function rulesOf<T extends Template>(
  { client }: Pick<AdmissionDeps, 'client'>,
  kind: NonNullable<TemplateReference['kind']>,
): Omit<AdmissionRules<T>, 'kind'> {
  const warnings = new WeakMap<AdmissionRequest<T>, string[]>();
  return {
    operations: ['CREATE', 'UPDATE'],
    async validate(request) {
      const { object, old } = request;
      if (old !== undefined && equal(old.spec, object.spec)) return [];
      const found = templateFindings(object.spec);
      const nested = await nestingFindings(client, kind, object);
      warnings.set(request, [...found.warnings, ...nested.warnings]);
      return [
        ...found.problems.map(({ path, value, message }) =>
          message.startsWith('duplicate name') ? duplicate(`spec.${path}`, value) : invalidValue(`spec.${path}`, value, message),
        ),
        ...nested.problems,
      ];
    },
    warnings: (request) => warnings.get(request) ?? [],
  };
}

/** Follows the templates that a template refers to: a circle is refused, one that is not there yet is told. */
async function nestingFindings(
  client: Pick<Reader, 'get'>,
  kind: NonNullable<TemplateReference['kind']>,
  template: Template,
): Promise<{ problems: FieldError[]; warnings: string[] }> {
  if ((template.spec.templates ?? []).length === 0) return { problems: [], warnings: [] };
  const { name = '', namespace = '' } = template.metadata;
  const warnings: string[] = [];
  try {
    await expandTemplates([{ kind, name }], async (reference) => {
      if (reference.name === name && (reference.kind ?? 'AnalysisTemplate') === kind) return template.spec;
      // Of which Project a cluster-wide template takes others, only the Stage that uses it tells.
      if (namespace === '' && reference.kind !== 'ClusterAnalysisTemplate') return {};
      const spec = await findTemplateSpec(client, namespace, reference);
      if (spec === undefined) warnings.push(`there is no ${reference.kind ?? 'AnalysisTemplate'} ${reference.name} yet`);
      return spec ?? {};
    });
  } catch (error) {
    if (!(error instanceof VerificationBuildError)) throw error;
    return { problems: [invalidValue('spec.templates', undefined, error.message)], warnings };
  }
  return { problems: [], warnings };
}

/** What would keep the verification of a Stage from being started as things are, one sentence each. */
export async function verificationOddities(client: Pick<Reader, 'get'>, { metadata, spec }: Stage): Promise<string[]> {
  const references = spec.verification?.analysisTemplates ?? [];
  if (references.length === 0) return [];
  try {
    const templates = await expandTemplates(references, (reference) =>
      findTemplateSpec(client, metadata.namespace ?? '', reference),
    );
    const given = new Set((spec.verification?.args ?? []).map(({ name }) => name));
    return (mergeTemplates(templates).args ?? []).flatMap(({ name, value, valueFrom }) =>
      value === undefined && valueFrom === undefined && !given.has(name)
        ? [`spec.verification.args does not give "${name}", which its templates need: verifications will end with an error`]
        : [],
    );
  } catch (error) {
    if (!(error instanceof VerificationBuildError)) throw error;
    return [`verifications will end with an error: ${error.message}`];
  }
}

async function findTemplateSpec(
  client: Pick<Reader, 'get'>,
  namespace: string,
  { kind, name }: TemplateReference,
): Promise<AnalysisTemplateSpec | undefined> {
  if (kind === 'ClusterAnalysisTemplate') return (await find(client, ClusterAnalysisTemplate, { name }))?.spec;
  return (await find(client, AnalysisTemplate, { namespace, name }))?.spec;
}
