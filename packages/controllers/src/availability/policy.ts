import type { ProjectConfig, PromotionPolicy, Stage } from '@kargo/api';
import { compileGlob, compileRE2, labelSelectorFrom, ParseError } from '@kargo/gocompat';

/** Whether new Freight is promoted to a Stage without being asked, and which policy (by index) says so; none does by default. */
export interface AutoPromotionPolicy {
  enabled: boolean;
  policy?: number;
}

/**
 * The policy of a Project for a Stage: the first of `promotionPolicies` that matches decides, whatever later ones say. Without a
 * ProjectConfig or a match, automation is off. Fails if a pattern or selector that is met before a match is malformed.
 */
export function autoPromotionPolicy(config: ProjectConfig | undefined, stage: Stage): AutoPromotionPolicy {
  for (const [index, policy] of (config?.spec?.promotionPolicies ?? []).entries()) {
    let matches: boolean;
    try {
      matches = selects(policy, stage);
    } catch (cause) {
      if (!(cause instanceof ParseError)) throw cause;
      const where = `spec.promotionPolicies[${index}] of ProjectConfig ${config?.metadata.name ?? ''}`;
      throw new Error(`cannot tell whether ${where} matches Stage ${stage.metadata.name ?? ''}: ${cause.message}; correct it`, {
        cause,
      });
    }
    if (matches) return { enabled: policy.autoPromotionEnabled === true, policy: index };
  }
  return { enabled: false };
}

function selects({ stage: exact, stageSelector }: PromotionPolicy, { metadata }: Stage): boolean {
  const name = metadata.name ?? '';
  if (exact !== undefined && exact !== '') return exact === name;
  if (stageSelector === undefined) return false;
  const { name: pattern, matchLabels, matchExpressions } = stageSelector;
  if (pattern !== undefined && pattern !== '' && !nameMatches(pattern, name)) return false;
  return labelSelectorFrom({ matchLabels, matchExpressions }).matches(metadata.labels);
}

function nameMatches(pattern: string, name: string): boolean {
  const [, kind, rest = ''] = /^(regexp|regex|glob):(.*)$/s.exec(pattern) ?? [];
  if (kind === undefined) return pattern === name;
  return kind === 'glob' ? compileGlob(rest).matches(name) : compileRE2(rest).test(name);
}
