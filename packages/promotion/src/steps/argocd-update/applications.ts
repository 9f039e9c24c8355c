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

/** Which Applications a step means: one by name, or some by labels. */
export type AppTarget = Pick<AppUpdate, 'name' | 'namespace' | 'selector'>;

/**
 * The Applications an update means, as they are now: the named one, or those selected by labels that let this Stage change them. Fails
 * if there is none, if the named one does not authorise the Stage, or if several were selected and one cannot take the update: all or
 * nothing.
 */
export async function findApplications(update: AppUpdate, scope: Scope, access: Access): Promise<Application[]> {
  const found = await selectApplications(update, scope, access);
  const authorized = found.filter((app) => isAuthorized(app, scope));
  if (authorized.length === 0) throw notAuthorized(update, found, scope);
  if (authorized.length > 1 && update.sources !== undefined) refuseIncompatible(authorized, update.sources);
  return authorized;
}

/** The Applications that are meant, as they are now, by name, whether they authorise the Stage or not. Fails if there is none. */
export async function selectApplications(target: AppTarget, scope: Scope, access: Access): Promise<Application[]> {
  const namespace = target.namespace ?? access.argoCDNamespace;
  if (target.name !== undefined && target.name !== '') return [await named({ name: target.name, namespace }, scope, access)];
  const labelSelector = labelSelectorFrom(target.selector ?? {}).toString();
  const { items } = await onceServed(
    () => access.client.list(Application, { namespace, labelSelector, signal: scope.signal }),
    scope,
    access,
  );
  if (items.length === 0) throw new Error(`no Argo CD Applications found matching selector in namespace "${namespace}"`);
  return items.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

/** Reads one Application anew. */
export async function readApplication(key: ObjectKey, scope: Scope, access: Access): Promise<Application> {
  return onceServed(() => access.client.get(Application, key, { signal: scope.signal }), scope, access);
}

async function named(key: ObjectKey, scope: Scope, access: Access): Promise<Application> {
  try {
    return await readApplication(key, scope, access);
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    throw new Error(
      `unable to find Argo CD Application "${key.name}" in namespace "${key.namespace}"; create it, or correct apps[].name and apps[].namespace`,
      { cause: error },
    );
  }
}

function notAuthorized({ name }: AppUpdate, found: readonly Application[], { project, stage }: Scope): Error {
  const { name: app, namespace } = keyOf(found[0]!);
  const remedy = `${annotations.authorizedStage}: ${project}:${stage}`;
  return new Error(
    name !== undefined && name !== ''
      ? `Argo CD Application "${app}" in namespace "${namespace}" is not authorized for Stage ${project}:${stage}; annotate it with ${remedy}`
      : `found ${found.length} Application(s) matching selector in namespace "${namespace}", but none are authorized for Stage ${project}:${stage}; annotate them with ${remedy}`,
  );
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
