import { keyOf, type Application, type Json } from '@kargo/api';
import { requestRefresh } from '../../health/refresh.ts';
import { TerminalStepError, type Step, type StepContext } from '../../step.ts';
import { selectApplications } from '../argocd-update/applications.ts';
import { assessReadiness } from './assess.ts';
import { argoCDWaitSchema, DEFAULT_CONDITIONS, type ArgoCDWaitConfig } from './config.ts';
import { appsOutput } from '../argocd-update/config.ts';

/**
 * Waits for Argo CD Applications; none of them has to authorise the Stage. Output: `apps` and `healthStatus`, the health each was last
 * seen in by `namespace/name`, also when it fails. An Application that degrades while its health is waited for fails the step for good.
 */
export const argoCDWait: Step<ArgoCDWaitConfig> = {
  name: 'argocd-wait',
  workspace: 'none',
  outputs: {
    apps: appsOutput,
    healthStatus: {
      type: 'object',
      description: 'Health of the Applications when they were last seen, by `<namespace>/<name>`.',
    },
  },
  configSchema: argoCDWaitSchema,
  defaultTimeout: 5 * 60_000,

  async run(context, ports) {
    const seen = healthBefore(context);
    const apps: { name: string; namespace: string }[] = [];
    const missing: string[] = [];
    const failures: string[] = [];
    for (const target of context.config.apps) {
      for (const app of await selectApplications(target, context, ports)) {
        const { name, namespace = '' } = keyOf(app);
        const subject = `${namespace}/${name}`;
        apps.push({ name, namespace });
        const readiness = assessReadiness(app, target.waitFor ?? DEFAULT_CONDITIONS, seen[subject] ?? '');
        const health = healthOf(app);
        if (health !== '') seen[subject] = health;
        if (readiness.kind === 'failed')
          failures.push(`Argo CD Application "${name}" in namespace "${namespace}" ${readiness.why}`);
        if (readiness.kind !== 'waiting') continue;
        missing.push(`${subject} ${readiness.why}`);
        if (readiness.refresh) await requestRefresh(app, { client: ports.client, log: context.log, signal: context.signal });
      }
    }
    const output: Record<string, Json> = { apps: apps.map((app) => ({ ...app })), healthStatus: { ...seen } };
    if (failures.length > 0) throw new TerminalStepError(failures.join('; '), { output });
    if (missing.length === 0) return { status: 'Succeeded', output };
    return { status: 'Running', output, waitingFor: `Argo CD Application ${missing.join(', ')}` };
  },
};

function healthOf({ status }: Application): string {
  return status?.health?.status ?? '';
}

/** What an earlier look of this step saw. */
function healthBefore({ outputs, alias }: StepContext<unknown>): Record<string, string> {
  const output = outputs[alias];
  const known = typeof output === 'object' && output !== null && !Array.isArray(output) ? output['healthStatus'] : undefined;
  if (typeof known !== 'object' || known === null || Array.isArray(known)) return {};
  return Object.fromEntries(Object.entries(known).map(([name, status]) => [name, String(status)]));
}
