/** What Argo Rollouts' analysis controller does with AnalysisRuns, as far as others can see it: which runs it takes, and how their status moves. */
import { AnalysisRun, isReason, type Json } from '@kargo/api';
import { settled, source, timestamp, waiting, type Client, type Clock, type ControllerOptions, type Result } from '@kargo/kube';

const INSTANCE = 'argo-rollouts.argoproj.io/controller-instance-id';
const MEASURING_MS = 10_000;

export interface RolloutsOptions {
  client: Client;
  clock: Clock;
  /** It takes runs with this id alone; without it, runs with none. */
  instanceId?: string;
  /** How runs end. Default: well. */
  verdict?: 'Successful' | 'Failed' | 'Error' | 'Inconclusive';
  /** Called when a run is begun with. */
  began?: (run: AnalysisRun) => void;
}

/** Measures every metric once, which takes ten seconds; a run that is terminated ends well, as there. */
export function rolloutsController({
  client,
  clock,
  instanceId,
  verdict = 'Successful',
  began,
}: RolloutsOptions): ControllerOptions {
  const reconcile = async (key: { namespace?: string | undefined; name: string }): Promise<Result> => {
    let run: AnalysisRun;
    try {
      run = await client.get(AnalysisRun, key);
    } catch (error) {
      if (isReason(error, 'NotFound')) return settled;
      throw error;
    }
    if (run.metadata.labels?.[INSTANCE] !== instanceId) return settled;
    const { phase = '', startedAt } = run.status ?? {};
    if (phase !== '' && phase !== 'Running') return settled;
    const write = async (status: Json): Promise<void> => {
      await client.patch(AnalysisRun, key, { type: 'merge', body: { status } }, { fieldManager: 'rollouts-controller' });
    };
    const now = timestamp(clock.now());
    if (phase === '') {
      began?.(run);
      await write({ phase: 'Running', startedAt: now });
      return waiting('Measuring', 'measuring', { kind: 'deadline', at: clock.now() + MEASURING_MS, why: 'it has measured' });
    }
    if (run.spec.terminate === true) {
      await write({ phase: 'Successful', message: 'Run Terminated', completedAt: now });
      return settled;
    }
    const at = Date.parse(startedAt ?? '') + MEASURING_MS;
    if (clock.now() < at) return waiting('Measuring', 'measuring', { kind: 'deadline', at, why: 'it has measured' });
    await write({
      phase: verdict,
      completedAt: now,
      ...(verdict === 'Successful' ? {} : { message: `Metric "smoke" assessed ${verdict}` }),
    });
    return settled;
  };
  return {
    name: 'argo-rollouts',
    for: AnalysisRun,
    sources: [
      source(AnalysisRun, ({ object }) =>
        object === undefined ? [] : [{ namespace: object.metadata.namespace, name: object.metadata.name ?? '' }],
      ),
    ],
    reconciler: { reconcile },
  };
}
