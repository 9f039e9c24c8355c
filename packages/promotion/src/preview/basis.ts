import { createHash } from 'node:crypto';
import type { GitRehearsal, RehearsedEffect } from '@kargo/integrations';
import { canonical } from './canonical.ts';
import type { PreviewBasis, PreviewEffect, PreviewStep } from './document.ts';
import type { PreviewRequest } from './preview-promotion.ts';

/** What a preview stands on, so that it can be told later whether the same would still happen. */
export function basisOf(
  { promotion, freight, targetFreight }: Pick<PreviewRequest, 'promotion' | 'freight' | 'targetFreight'>,
  steps: readonly PreviewStep[],
  rehearsal: Pick<GitRehearsal, 'used'>,
  pushes: readonly Extract<RehearsedEffect, { kind: 'push' }>[],
  requests: NonNullable<PreviewBasis['requests']>,
): PreviewBasis {
  const { metadata, spec } = promotion;
  const heads = new Map<string, PreviewBasis['heads'][number]>();
  for (const { url, ref, commit } of rehearsal.used())
    heads.set(`${url} ${ref}`, { repository: url, ref, ...(commit === undefined ? {} : { commit }) });
  const trees = new Map<string, PreviewBasis['trees'][number]>();
  for (const { url, ref, tree } of pushes)
    trees.set(`${url} ${ref} ${tree ?? ''}`, { repository: url, ref, ...(tree === undefined ? {} : { tree }) });
  return {
    version: 1,
    project: metadata.namespace ?? '',
    stage: spec.stage,
    freight: targetFreight.name ?? '',
    process: processDigest({ promotion, freight }),
    heads: sorted(heads),
    trees: [...trees.values()].toSorted((a, b) => compare(a.repository, b.repository) || compare(a.ref, b.ref)),
    effects: effectsDigest(steps),
    requests: [...requests],
    open: steps.filter(({ outcome }) => outcome === 'Unknown' || outcome === 'Waits').map(({ alias }) => alias),
  };
}

/** SHA-256 of what a promotion does and with what. */
export function processDigest({ promotion: { spec }, freight }: Pick<PreviewRequest, 'promotion' | 'freight'>): string {
  return digest({ steps: spec.steps, vars: spec.vars ?? [], freight: freight.items ?? {} });
}

/** How two bases differ, each difference as a sentence; empty if the same would be done. */
export function basisDifferences(planned: PreviewBasis, now: PreviewBasis): string[] {
  const out: string[] = [];
  for (const field of ['version', 'project', 'stage', 'freight'] as const)
    if (planned[field] !== now[field]) out.push(`the plan is for ${field} ${planned[field]}, not ${now[field]}`);
  if (planned.process !== now.process) out.push('the steps or variables of the Stage, or its Freight, have changed');
  const before = new Map(planned.heads.map((head) => [`${head.repository} ${head.ref}`, head]));
  for (const { repository, ref, commit } of now.heads) {
    const old = before.get(`${repository} ${ref}`);
    before.delete(`${repository} ${ref}`);
    if (old === undefined) out.push(`${ref} of ${repository} is used now, and was not when the plan was made`);
    else if (old.commit !== commit)
      out.push(`${ref} of ${repository} was at ${old.commit ?? 'no commit'} and is at ${commit ?? 'no commit'} now`);
  }
  for (const { repository, ref } of before.values()) out.push(`${ref} of ${repository} is no longer used`);
  if (out.length > 0) return out;
  if (digest(planned.trees) !== digest(now.trees)) out.push('other files would be pushed than planned');
  else if (planned.effects !== now.effects) out.push('the steps would do something else than planned');
  return out;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Ids of commits that do not exist yet change with the time at which they are made: their order takes the place of them. */
function effectsDigest(steps: readonly PreviewStep[]): string {
  const told = JSON.stringify(canonical(steps.map(({ alias, uses, outcome, effects }) => ({ alias, uses, outcome, effects }))));
  const ids = [...new Set(steps.flatMap(({ effects }) => effects.flatMap(newCommits)))];
  return digest(ids.reduce((text, id, index) => text.replaceAll(id, `commit ${index}`), told));
}

function newCommits(effect: PreviewEffect): string[] {
  if (effect.kind === 'commit') return [effect.commit.id];
  return effect.kind === 'push' ? effect.commits.map(({ id }) => id) : [];
}

function sorted<T>(entries: ReadonlyMap<string, T>): T[] {
  return [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

function digest(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(canonical(value)))
    .digest('hex');
}
