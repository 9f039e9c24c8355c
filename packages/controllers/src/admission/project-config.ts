import {
  CLUSTER_CONFIG_NAME,
  ClusterConfig,
  forbidden,
  type FieldError,
  keyOf,
  labels,
  Namespace,
  ProjectConfig,
  type PromotionPolicy,
} from '@kargo/api';
import { compileGlob, compileRE2, labelSelectorFrom } from '@kargo/gocompat';
import type { AdmissionRules } from '@kargo/kube';
import type { AdmissionDeps } from './deps.ts';
import { duplicate, invalidValue, textOf } from './field-errors.ts';
import { receiverProblems } from './receiver-rules.ts';

/** Rules of the configurations of Projects. */
export function projectConfigRules({ client }: Pick<AdmissionDeps, 'client'>): AdmissionRules<ProjectConfig> {
  return {
    kind: ProjectConfig,
    operations: ['CREATE', 'UPDATE'],
    async validate({ operation, object, dryRun }) {
      const { name = '', namespace = '' } = object.metadata;
      const out: FieldError[] = [];
      if (operation === 'CREATE') {
        if (name !== namespace) out.push(invalidValue('metadata.name', name, `must be the name of the Project, "${namespace}"`));
        if (!dryRun) {
          const project = await client.get(Namespace, { name: namespace });
          if (project.metadata.labels?.[labels.project] !== 'true')
            throw forbidden(ProjectConfig, keyOf(object), `namespace "${namespace}" is not a project`);
        }
      }
      return [
        ...out,
        ...policyProblems(object.spec?.promotionPolicies ?? [], 'spec.promotionPolicies'),
        ...receiverProblems(object.spec?.webhookReceivers, 'spec.webhookReceivers'),
      ];
    },
  };
}

/** Rules of the configuration of the cluster. */
export function clusterConfigRules(): AdmissionRules<ClusterConfig> {
  return {
    kind: ClusterConfig,
    operations: ['CREATE', 'UPDATE'],
    validate: ({ object }) => [
      ...(object.metadata.name === CLUSTER_CONFIG_NAME
        ? []
        : [
            invalidValue(
              'metadata.name',
              object.metadata.name,
              `there is one ClusterConfig; its name must be "${CLUSTER_CONFIG_NAME}"`,
            ),
          ]),
      ...receiverProblems(object.spec?.webhookReceivers, 'spec.webhookReceivers'),
    ],
  };
}

function policyProblems(policies: readonly PromotionPolicy[], path: string): FieldError[] {
  const exact = new Map<string, number>();
  return policies.flatMap(({ stage, stageSelector }, index) => {
    const isExact = stage !== undefined || !(stageSelector?.name ?? '').includes(':');
    const name = stage ?? stageSelector?.name ?? '';
    const field = stage === undefined ? `${path}[${index}].stageSelector.name` : `${path}[${index}].stage`;
    const out: FieldError[] = [];
    if (!isExact) out.push(...patternProblems(name, field));
    else if (name !== '' && stageSelector?.matchLabels === undefined && stageSelector?.matchExpressions === undefined) {
      const earlier = exact.get(name);
      if (earlier !== undefined) out.push(duplicate(field, name, `${path}[${earlier}] is for this Stage already`));
      else exact.set(name, index);
    }
    return [...out, ...selectorProblems(stageSelector, `${path}[${index}].stageSelector`)];
  });
}

function patternProblems(text: string, field: string): FieldError[] {
  const [, prefix = '', pattern = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
  try {
    if (prefix === 'regex' || prefix === 'regexp') compileRE2(pattern);
    else if (prefix === 'glob') compileGlob(pattern);
    else return [invalidValue(field, text, `unknown prefix "${prefix}:": must be regex:, regexp: or glob:`)];
    return [];
  } catch (error) {
    return [invalidValue(field, text, textOf(error))];
  }
}

function selectorProblems(selector: PromotionPolicy['stageSelector'], field: string): FieldError[] {
  if (selector === undefined) return [];
  try {
    labelSelectorFrom({ matchLabels: selector.matchLabels, matchExpressions: selector.matchExpressions });
    return [];
  } catch (error) {
    return [invalidValue(field, undefined, textOf(error))];
  }
}
