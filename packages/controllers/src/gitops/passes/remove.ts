/** Deletes what an Application put there, when it is deleted with the finalizer that asks for it. */
import type { Application } from '@kargo/api';
import { clone, settled, waiting, type ReconcileContext, type Result } from '@kargo/kube';
import type { PruneOptions } from '../destinations/port.ts';
import { trackingName } from '../look.ts';
import { hasSyncOption } from '../sync/options.ts';
import { byKindThenName, waveOf } from '../sync/order.ts';
import { writeApplication, type PassDeps } from './deps.ts';

const FINALIZER = 'resources-finalizer.argocd.argoproj.io';
const LOOK_AGAIN_MS = 5_000;

/**
 * Carries the deletion of an Application on: its objects go in the reverse order in which they came, wave by wave, then the finalizer. Without
 * the finalizer they stay. Those with `Delete=false` stay in any case.
 */
export async function remove(app: Application, deps: PassDeps, { signal, log }: ReconcileContext): Promise<Result> {
  const finalizer = app.metadata.finalizers?.find((each) => each === FINALIZER || each.startsWith(`${FINALIZER}/`));
  if (finalizer === undefined) return settled;
  const found = await deps.destinations.of(app);
  if ('destination' in found) {
    const { destination } = found;
    const id = trackingName(app, deps.argoCDNamespace);
    const live = (await destination.live(app, id, [], signal)).filter(
      ({ object }) => !hasSyncOption(object, 'Delete=false') && !hasSyncOption(object, 'Prune=false'),
    );
    const [last, ...others] = live.toSorted((a, b) => waveOf(b.object) - waveOf(a.object) || byKindThenName(b.object, a.object));
    if (last !== undefined) {
      const step = [last, ...others].filter(({ object }) => waveOf(object) === waveOf(last.object));
      const propagation: PruneOptions['propagation'] = finalizer.endsWith('/background') ? 'Background' : 'Foreground';
      for (const { kind, object } of step)
        if (object.metadata.deletionTimestamp === undefined)
          await destination.prune(
            { kind, target: undefined, live: object, synced: false, requiresPruning: true, counted: true },
            { propagation, signal },
          );
      const { kind, metadata } = last.object;
      return waiting(
        'Deleting',
        `its objects are being deleted, ${kind} ${metadata.name} among them`,
        { kind: 'event', on: 'one of its objects is gone' },
        { kind: 'poll', at: deps.clock.now() + LOOK_AGAIN_MS, why: 'its objects are looked at again' },
      );
    }
  } else
    log.warn(
      { application: app.metadata.name, why: found.problem },
      'an Application is deleted whose destination is not known: its objects stay',
    );
  const after = clone(app);
  after.metadata.finalizers = (app.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  await writeApplication(deps.client, app, after);
  return settled;
}
