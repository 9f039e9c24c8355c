import type { Workload } from '@kargo/api';
import { isHook } from '../sync/hooks.ts';
import { conditions, degraded, healthy, progressing, type Rule } from './rule.ts';

interface ContainerStatus {
  name?: string;
  state?: {
    waiting?: { reason?: string; message?: string };
    terminated?: { exitCode?: number; reason?: string; message?: string };
  };
  lastState?: { terminated?: { exitCode?: number; reason?: string } };
}

const IGNORE_RESTART_POLICY = 'argocd.argoproj.io/ignore-restart-policy';

/** A Pod that is meant to stay is judged by its containers, one that is meant to end by its phase. */
export const pod: Rule = (object) => {
  const stays = restartPolicy(object) === 'Always';
  const containers = (object.status?.['containerStatuses'] ?? []) as ContainerStatus[];
  if (stays) {
    const stuck = containers.find(({ state }) => /^Err|Error$|BackOff$/.test(state?.waiting?.reason ?? ''));
    if (stuck !== undefined) return degraded(stuck.state?.waiting?.message ?? stuck.state?.waiting?.reason);
  }
  switch (object.status?.['phase']) {
    case 'Pending':
      return progressing('Pod is pending');
    case 'Succeeded':
      return healthy;
    case 'Failed':
      return degraded(failureOf(object, containers));
    case 'Running':
      break;
    default:
      return { status: 'Unknown' };
  }
  if (!stays) return progressing('Pod runs to completion');
  if (conditions(object).some(({ type, status }) => type === 'Ready' && status === 'True')) return healthy;
  const restarted = containers.find(({ lastState }) => lastState?.terminated !== undefined);
  return restarted === undefined
    ? progressing('Pod is not ready')
    : degraded(`container "${restarted.name}" was restarted and is not ready`);
};

function restartPolicy(object: Workload): string {
  if (object.metadata.annotations?.[IGNORE_RESTART_POLICY] === 'true' && !isHook(object)) return 'Always';
  return (object.spec?.['restartPolicy'] as string | undefined) ?? 'Always';
}

function failureOf({ status }: Workload, containers: readonly ContainerStatus[]): string {
  const message = status?.['message'];
  if (typeof message === 'string' && message !== '') return message;
  for (const { name, state } of containers) {
    const ended = state?.terminated;
    if (ended === undefined) continue;
    if (ended.message !== undefined && ended.message !== '') return ended.message;
    if (ended.reason === 'OOMKilled') return ended.reason;
    if (ended.exitCode !== undefined && ended.exitCode !== 0)
      return `container "${name}" failed with exit code ${ended.exitCode}`;
  }
  return 'Pod failed';
}
