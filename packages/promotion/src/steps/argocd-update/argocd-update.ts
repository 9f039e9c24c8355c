import { keyOf, type Application, type Json } from '@kargo/api';
import type { Step, StepContext, StepPorts, StepResult } from '../../step.ts';
import { toJson } from '../../engine/json.ts';
import { isSimulated } from '../../health/application.ts';
import { findApplications, readApplication } from './applications.ts';
import { appsOutput, type AppUpdate, type ArgoCDUpdateConfig, argoCDUpdateSchema } from './config.ts';
import { decideOperation } from './decide.ts';
import { requestSync } from './request-sync.ts';
import { desiredRevisions, sourcesOf } from './sources.ts';

/** Phases of operations, worst first. */
const PHASES: readonly string[] = ['Failed', 'Error', 'Running', 'Terminating', 'Succeeded'];

/** How often a sync is requested anew because the Application changed under it. */
const MAX_CONFLICTS = 5;

interface Progress {
  name: string;
  namespace: string;
  desired: string[];
  /** Whether nothing real runs where it is deployed. */
  simulated: boolean;
  phase: string;
  message: string;
  until?: number | undefined;
}

/**
 * Updates Argo CD Applications, has them synced, and waits until they are at the desired revisions. Output: `apps`. Leaves a health
 * check of the same Applications behind. An operation requested before a crash is recognised by the name of the promotion.
 */
export const argoCDUpdate: Step<ArgoCDUpdateConfig> = {
  name: 'argocd-update',
  workspace: 'none',
  outputs: { apps: appsOutput },
  configSchema: argoCDUpdateSchema,
  defaultTimeout: 5 * 60_000,

  async run(context, ports) {
    const progress: Progress[] = [];
    for (const update of context.config.apps)
      for (const app of await findApplications(update, context, ports)) progress.push(await drive(app, update, context, ports));
    return resultOf(context.config, progress, ports);
  },
};

async function drive(
  found: Application,
  update: AppUpdate,
  context: StepContext<ArgoCDUpdateConfig>,
  ports: StepPorts,
): Promise<Progress> {
  const key = keyOf(found);
  let app = found;
  for (let attempt = 0; ; attempt++) {
    const desired = desiredRevisions(sourcesOf(app), update.sources ?? []);
    const progress = { name: key.name, namespace: key.namespace ?? '', desired, simulated: isSimulated(app) };
    const decision = decideOperation(app, context.promotion.name, desired, ports.clock.now());
    if (decision.kind === 'done') return { ...progress, phase: decision.phase, message: decision.message };
    if (decision.kind === 'wait') return { ...progress, phase: 'Running', message: decision.why, until: decision.until };
    if (await requestSync(app, update.sources ?? [], context, ports))
      return {
        ...progress,
        phase: 'Running',
        message: decision.again === undefined ? 'to finish its sync' : `to finish another sync: ${decision.again}`,
      };
    if (attempt >= MAX_CONFLICTS)
      throw new Error(
        `Argo CD Application "${key.name}" in namespace "${key.namespace}" keeps changing; no sync could be requested`,
      );
    app = await readApplication(key, context, ports);
  }
}

function resultOf(
  config: ArgoCDUpdateConfig,
  progress: readonly Progress[],
  { clock, argoCDNamespace }: Pick<StepPorts, 'clock' | 'argoCDNamespace'>,
): StepResult {
  const unknown = progress.find(({ phase }) => !PHASES.includes(phase));
  if (unknown !== undefined)
    throw new Error(`could not determine promotion step status from operation phase "${unknown.phase}" of ${subject(unknown)}`);
  const worst = PHASES.find((phase) => progress.some((app) => app.phase === phase)) ?? 'Succeeded';
  const named = progress.filter(({ phase }) => phase === worst);
  if (worst === 'Failed' || worst === 'Error')
    throw new Error(named.map((app) => `${subject(app)} failed with: ${app.message}`).join('; '));
  const output: Record<string, Json> = { apps: progress.map(({ name, namespace }) => ({ name, namespace })) };
  if (worst !== 'Succeeded') {
    const until = Math.min(...progress.flatMap((app) => app.until ?? []));
    return {
      status: 'Running',
      output,
      waitingFor: named.map((app) => `Argo CD Application ${app.namespace}/${app.name} ${app.message}`).join(', '),
      ...(Number.isFinite(until) ? { retryAfter: Math.max(0, until - clock.now()) } : {}),
    };
  }
  return {
    status: 'Succeeded',
    output,
    healthCheckCommits: commitsByRepository(config),
    healthCheck: {
      uses: 'argocd-update',
      config: {
        apps: progress.map(({ name, namespace, desired }) => ({
          name,
          namespace,
          ...(desired.some((revision) => revision !== '') ? { desiredRevisions: desired } : {}),
        })),
        ...selectedBy(config, argoCDNamespace),
      },
    },
    ...(progress.every(({ simulated }) => simulated)
      ? { message: 'deployed to simulated destinations only: nothing real runs there' }
      : {}),
  };
}

/** Which labels the Applications of the Stage have, so that those made later count as well. */
function selectedBy({ apps }: ArgoCDUpdateConfig, argoCDNamespace: string): { selected?: Json } {
  const selected = apps.flatMap(({ selector, namespace = argoCDNamespace, sources = [] }) => {
    if (selector === undefined) return [];
    const desired = sources.flatMap(({ repoURL, chart, desiredRevision = '' }) =>
      desiredRevision === '' ? [] : [{ repoURL, ...(chart === undefined ? {} : { chart }), desiredRevision }],
    );
    return [{ namespace, selector: toJson(selector), ...(desired.length === 0 ? {} : { sources: desired }) }];
  });
  return selected.length === 0 ? {} : { selected };
}

function subject({ name, namespace }: Progress): string {
  return `Argo CD Application "${name}" in namespace "${namespace}"`;
}

/** What Argo CD now deploys of Git repositories, as far as the configuration says. */
function commitsByRepository({ apps }: ArgoCDUpdateConfig): Record<string, string> {
  const sources = apps.flatMap((app) => app.sources ?? []);
  return Object.fromEntries(
    sources.flatMap(({ repoURL, chart = '', desiredRevision = '' }) =>
      chart === '' && desiredRevision !== '' ? [[repoURL, desiredRevision]] : [],
    ),
  );
}
