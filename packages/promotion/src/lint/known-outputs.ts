import type { PromotionStep } from '@kargo/api';

/** Outputs by step, where all of them are known. Steps that are not named here may put out anything. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  'argocd-update': ['apps'],
  'git-clear': [],
  'git-clone': ['commits'],
  'git-commit': ['commit'],
  'git-push': ['commit', 'branch', 'commitURL', 'tag'],
  'kustomize-build': [],
  'kustomize-set-image': ['commitMessage'],
};

/** The names of what a step puts out; undefined if they are not known. */
export function knownOutputs({ uses = '', config }: PromotionStep): readonly string[] | undefined {
  if (uses !== 'compose-output') return Object.hasOwn(OUTPUTS, uses) ? OUTPUTS[uses] : undefined;
  return typeof config === 'object' && config !== null && !Array.isArray(config) ? Object.keys(config) : undefined;
}
