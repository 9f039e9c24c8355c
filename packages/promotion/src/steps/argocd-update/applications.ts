import { annotations, Application, isReason, isStageAuthorized, keyOf, type ObjectKey } from '@kargo/api';
import { labelSelectorFrom } from '@kargo/gocompat';
import type { StepContext, StepPorts } from '../../step.ts';
import type { AppUpdate } from './config.ts';
import { sourcesOf, updateSources } from './sources.ts';

/** Pauses before the Applications are asked for again while the API does not know their kind yet. */
const DISCOVERY_PAUSES = [1000, 2000, 4000, 8000, 16_000];

/** How many incompatible Applications are named in one message. */
const MAX_SHOWN = 3;

type Scope = Pick<StepContext<unknown>, 'project' | 'stage' | 'signal'>;
type Access = Pick<StepPorts, 'client' | 'clock' | 'argoCDNamespace'>;

/**
 * The Applications an update means, as they are now: the named one, or those selected by labels that let this Stage change them. Fails
 * if there is none, if the named one does not authorise the Stage, or if several were selected and one cannot take the update: all or
 * nothing.
 */
export async function findApplications(update: AppUpdate, scope: Scope, access: Access): Promise<Application[]> {
  const namespace = update.namespace ?? access.argoCDNamespace;
  if (update.name !== undefined && update.name !== '') return [await named({ name: update.name, namespace }, scope, access)];
  const labelSelector = labelSelectorFrom(update.selector ?? {}).toString();
  const { items } = await onceServed(
    () => access.client.list(Application, { namespace, labelSelector, signal: scope.signal }),
    scope,
    access,
  );
  if (items.length === 0) throw new Error(`no Argo CD Applications found matching selector in namespace "${namespace}"`);
  const authorized = items.filter((app) => isAuthorized(app, scope));
  if (authorized.length === 0)
    throw new Error(
      `found ${items.length} Application(s) matching selector in namespace "${namespace}", but none are authorized for Stage ${scope.project}:${scope.stage}; annotate them with ${annotations.authorizedStage}: ${scope.project}:${scope.stage}`,
    );
  const sorted = authorized.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  if (sorted.length > 1 && update.sources !== undefined) refuseIncompatible(sorted, update.sources);
  return sorted;
}

/** Reads one Application anew. */
export async function readApplication(key: ObjectKey, scope: Scope, access: Access): Promise<Application> {
  return onceServed(() => access.client.get(Application, key, { signal: scope.signal }), scope, access);
}

async function named(key: ObjectKey, scope: Scope, access: Access): Promise<Application> {
  const subject = `Argo CD Application "${key.name}" in namespace "${key.namespace}"`;
  let app: Application;
  try {
    app = await readApplication(key, scope, access);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    throw new Error(`unable to find ${subject}; create it, or correct apps[].name and apps[].namespace`, { cause: error });
  }
  if (!isAuthorized(app, scope))
    throw new Error(
      `${subject} is not authorized for Stage ${scope.project}:${scope.stage}; annotate it with ${annotations.authorizedStage}: ${scope.project}:${scope.stage}`,
    );
  return app;
}

function isAuthorized(app: Application, { project, stage }: Scope): boolean {
  return isStageAuthorized(app.metadata.annotations?.[annotations.authorizedStage], { project, stage });
}

function refuseIncompatible(apps: readonly Application[], updates: NonNullable<AppUpdate['sources']>): void {
  const problems = apps.flatMap((app) => {
    try {
      updateSources(sourcesOf(app), updates);
      return [];
    } catch (error) {
      return [`${keyOf(app).name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  if (problems.length === 0) return;
  const shown = problems.slice(0, MAX_SHOWN).join('; ');
  const more = problems.length > MAX_SHOWN ? ` (first ${MAX_SHOWN} of ${problems.length})` : '';
  throw new Error(`the update does not fit every selected Application, so none was changed${more}: ${shown}`);
}

/** Tries again for half a minute while the API does not serve Applications: a cluster may still be learning the kind. */
async function onceServed<T>(read: () => Promise<T>, { signal }: Scope, { clock }: Access): Promise<T> {
  for (const pause of DISCOVERY_PAUSES) {
    try {
      return await read();
    } catch (error) {
      if (!isReason(error, 'NotFound') || (error.details?.name ?? '') !== '') throw error;
    }
    await clock.sleep(pause, { signal });
  }
  return read();
}
