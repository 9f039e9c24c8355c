import {
  annotations,
  Application,
  Event,
  expressionActor,
  isControllerActor,
  isReason,
  keyOf,
  type Json,
  type ObjectKey,
} from '@kargo/api';
import { timestamp } from '@kargo/kube';
import type { StepContext, StepPorts } from '../../step.ts';
import type { SourceUpdate } from './config.ts';
import { PROMOTION_INFO } from './decide.ts';
import { sourcesOf, updateSources } from './sources.ts';

/** Name under which syncs that no person asked for are requested, and events are written. */
const CONTROLLER = 'kargo-controller';

/**
 * Requests a sync of an Application in one write that fails when the Application has changed meanwhile: `false` then, and the caller
 * decides anew.
 */
export async function requestSync(
  app: Application,
  updates: readonly SourceUpdate[],
  context: Pick<StepContext<unknown>, 'promotion' | 'signal' | 'log'>,
  ports: Pick<StepPorts, 'client' | 'clock'>,
): Promise<boolean> {
  const key = keyOf(app);
  try {
    await ports.client.patch(
      Application,
      key,
      { type: 'merge', body: syncPatch(app, updates, context.promotion) },
      { signal: context.signal },
    );
  } catch (error) {
    if (isReason(error, 'Conflict')) return false;
    throw error;
  }
  await writeEvent(app, key, context, ports);
  return true;
}

/** The merge patch that updates the sources and requests the operation. */
export function syncPatch(
  app: Application,
  updates: readonly SourceUpdate[],
  promotion: { name: string; actor: string },
): { [key: string]: Json | undefined } {
  const { syncPolicy } = app.spec;
  const { limit, backoff } = syncPolicy?.retry ?? {};
  const person = isControllerActor(promotion.actor) ? '' : expressionActor(promotion.actor);
  const operation = {
    initiatedBy: person !== '' ? { username: person } : { username: CONTROLLER, automated: true },
    info: [
      { name: 'Reason', value: 'Promotion triggered a sync of this Application resource.' },
      { name: PROMOTION_INFO, value: promotion.name },
    ],
    sync: {
      ...(syncPolicy?.syncOptions === undefined ? {} : { syncOptions: syncPolicy.syncOptions }),
      ...(syncPolicy?.automated?.prune === true ? { prune: true } : {}),
    },
    ...(syncPolicy?.retry === undefined
      ? {}
      : { retry: { ...(limit === undefined ? {} : { limit }), ...(backoff === undefined ? {} : { backoff }) } }),
  };
  // Plain JSON by construction; optional fields that are absent are not there at all.
  return JSON.parse(
    JSON.stringify({
      metadata: { resourceVersion: app.metadata.resourceVersion, annotations: { [annotations.argoCDRefresh]: 'hard' } },
      ...(updates.length === 0 ? {} : { spec: specPatch(app, updates) }),
      operation,
      ...(app.status === undefined ? {} : { status: { operationState: null } }),
    }),
  ) as { [key: string]: Json };
}

function specPatch(app: Application, updates: readonly SourceUpdate[]): object {
  const sources = updateSources(sourcesOf(app), updates);
  return (app.spec.sources?.length ?? 0) > 0 ? { sources } : { source: sources[0] };
}

async function writeEvent(
  app: Application,
  key: ObjectKey,
  { signal, log }: Pick<StepContext<unknown>, 'signal' | 'log'>,
  { client, clock }: Pick<StepPorts, 'client' | 'clock'>,
): Promise<void> {
  const sources = sourcesOf(app);
  const what = sources.length === 1 ? (sources[0]?.targetRevision ?? 'HEAD') : `${sources.length} sources`;
  const now = timestamp(clock.now());
  try {
    await client.create(
      Event,
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { generateName: `${key.name}.`, namespace: key.namespace },
        involvedObject: { apiVersion: app.apiVersion, kind: app.kind, ...key, uid: app.metadata.uid },
        reason: 'OperationStarted',
        type: 'Normal',
        message: `${CONTROLLER} initiated sync to ${what}`,
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
        source: { component: CONTROLLER },
      },
      { signal },
    );
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ application: key.name, namespace: key.namespace, error }, 'could not write the event of a sync');
  }
}
