/** Hooks: objects that are made during a sync, run to their end, and never compared. */
import type { KubeObject } from '@kargo/api';

/** When a hook runs. */
export type HookPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail';
export type DeletePolicy = 'BeforeHookCreation' | 'HookSucceeded' | 'HookFailed';

export const HOOK_ANNOTATION = 'argocd.argoproj.io/hook';
const DELETE_POLICY_ANNOTATION = 'argocd.argoproj.io/hook-delete-policy';
const HELM_ANNOTATION = 'helm.sh/hook';
const HELM_DELETE_POLICY_ANNOTATION = 'helm.sh/hook-delete-policy';

const PHASES: readonly string[] = ['PreSync', 'Sync', 'PostSync', 'SyncFail'];
const HELM_PHASES: Readonly<Record<string, HookPhase>> = {
  'pre-install': 'PreSync',
  'pre-upgrade': 'PreSync',
  'post-install': 'PostSync',
  'post-upgrade': 'PostSync',
};
const DELETE_POLICIES: readonly string[] = ['BeforeHookCreation', 'HookSucceeded', 'HookFailed'];
const HELM_DELETE_POLICIES: Readonly<Record<string, DeletePolicy>> = {
  'before-hook-creation': 'BeforeHookCreation',
  'hook-succeeded': 'HookSucceeded',
  'hook-failed': 'HookFailed',
};

/** Whether an object is a hook (or to be skipped altogether), which is never compared. */
export function isHook({ metadata }: KubeObject): boolean {
  const { [HOOK_ANNOTATION]: own, [HELM_ANNOTATION]: helm } = metadata.annotations ?? {};
  return own !== undefined || (helm !== undefined && list(helm).some((hook) => hook !== 'crd-install'));
}

/** The phases in which a hook runs, each once. None for one that is never applied: `Skip`, tests and rollbacks of Helm. */
export function hookPhases({ metadata }: KubeObject): HookPhase[] {
  const { [HOOK_ANNOTATION]: own, [HELM_ANNOTATION]: helm } = metadata.annotations ?? {};
  const phases =
    own !== undefined
      ? list(own).filter((hook): hook is HookPhase => PHASES.includes(hook))
      : list(helm ?? '').flatMap((hook) => HELM_PHASES[hook] ?? []);
  return [...new Set(phases)];
}

/** When a hook is deleted. Without a valid policy of its own: before it is made again. */
export function deletePolicies({ metadata }: KubeObject): DeletePolicy[] {
  const { [DELETE_POLICY_ANNOTATION]: own, [HELM_DELETE_POLICY_ANNOTATION]: helm } = metadata.annotations ?? {};
  const policies =
    own !== undefined
      ? list(own).filter((policy): policy is DeletePolicy => DELETE_POLICIES.includes(policy))
      : list(helm ?? '').flatMap((policy) => HELM_DELETE_POLICIES[policy] ?? []);
  return policies.length === 0 ? ['BeforeHookCreation'] : policies;
}

function list(text: string): string[] {
  return text.split(',').flatMap((item) => item.trim() || []);
}
