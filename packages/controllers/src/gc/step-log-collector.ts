import { Project, Promotion, type KubeObject } from '@kargo/api';
import { settled, source, waiting, type Cache, type Clock, type ControllerOptions, type Log } from '@kargo/kube';
import type { StepLogs } from '@kargo/promotion';

/** What is needed to remove logs of steps. */
export interface StepLogCollectorDeps {
  cache: Cache;
  clock: Clock;
  stepLogs: StepLogs;
}

const HOUR = 3600_000;

/**
 * Removes, every hour, what this process keeps of Promotions that were deleted while it was not there. For processes in which no garbage
 * collector runs that would do it: logs are on the disk of whoever ran the steps.
 */
export function stepLogCollector(deps: StepLogCollectorDeps): ControllerOptions {
  const { clock } = deps;
  return {
    name: 'step-logs',
    for: Project,
    sources: [
      source(Project, ({ object, old }) =>
        (object === undefined) !== (old === undefined) ? [{ name: (object ?? old)?.metadata.name ?? '' }] : [],
      ),
      // They are only read; no change of theirs makes anything old.
      source<KubeObject>(Promotion, () => []),
    ],
    workers: 1,
    reconciler: {
      reconcile: async ({ name }, { log }) => {
        await removeStepLogs(deps, name, log);
        if (deps.cache.get(Project, { name }) === undefined) return settled;
        const at = (Math.floor(clock.now() / HOUR) + 1) * HOUR;
        return waiting('NextCollection', 'logs of Promotions that are gone were removed', {
          kind: 'poll',
          at,
          why: 'Promotions are deleted',
        });
      },
    },
  };
}

/** Best effort: what could not be removed is tried again an hour later. */
export async function removeStepLogs(
  { cache, stepLogs }: Pick<StepLogCollectorDeps, 'cache' | 'stepLogs'>,
  project: string,
  log: Log,
): Promise<void> {
  try {
    const known = new Set(cache.list(Promotion, { namespace: project }).map(({ metadata }) => metadata.uid));
    for (const promotion of await stepLogs.owners(project))
      if (!known.has(promotion)) await stepLogs.remove({ project, promotion });
  } catch (error) {
    log.warn(
      { project, error: error instanceof Error ? error.message : String(error) },
      'logs of steps of Promotions that are gone could not be removed',
    );
  }
}
