import type { KubeObject } from '@kargo/api';
import { expect, it } from 'vitest';
import { deletePolicies, hookPhases, isHook } from './hooks.ts';

const object = (annotations: Record<string, string>): KubeObject => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'x', annotations },
});

it.each<[Record<string, string>, boolean, string[]]>([
  [{}, false, []],
  [{ 'argocd.argoproj.io/hook': 'PreSync' }, true, ['PreSync']],
  [{ 'argocd.argoproj.io/hook': 'PreSync, PostSync,PreSync' }, true, ['PreSync', 'PostSync']],
  [{ 'argocd.argoproj.io/hook': 'Skip' }, true, []],
  [{ 'argocd.argoproj.io/hook': 'PostDelete' }, true, []],
  [{ 'helm.sh/hook': 'pre-install,pre-upgrade' }, true, ['PreSync']],
  [{ 'helm.sh/hook': 'post-upgrade' }, true, ['PostSync']],
  [{ 'helm.sh/hook': 'test' }, true, []],
  [{ 'helm.sh/hook': 'crd-install' }, false, []],
  [{ 'argocd.argoproj.io/hook': 'Sync', 'helm.sh/hook': 'pre-install' }, true, ['Sync']],
])('%j is a hook: %s, in %j', (annotations, hook, phases) => {
  expect([isHook(object(annotations)), hookPhases(object(annotations))]).toEqual([hook, phases]);
});

it.each<[Record<string, string>, string[]]>([
  [{}, ['BeforeHookCreation']],
  [{ 'argocd.argoproj.io/hook-delete-policy': 'HookSucceeded,HookFailed' }, ['HookSucceeded', 'HookFailed']],
  [{ 'argocd.argoproj.io/hook-delete-policy': 'Nonsense' }, ['BeforeHookCreation']],
  [{ 'helm.sh/hook-delete-policy': 'hook-succeeded' }, ['HookSucceeded']],
])('%j is deleted: %j', (annotations, policies) => {
  expect(deletePolicies(object(annotations))).toEqual(policies);
});
