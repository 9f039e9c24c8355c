import type { KubeObject } from '@kargo/api';

const ANNOTATION = 'argocd.argoproj.io/sync-options';

/** Whether an object asks for a sync option, such as `Prune=false`, in its own annotation. */
export function hasSyncOption({ metadata }: KubeObject, option: string): boolean {
  return (metadata.annotations?.[ANNOTATION] ?? '').split(',').some((item) => item.trim() === option);
}
