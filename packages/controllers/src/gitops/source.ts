import type { Application, ApplicationSource, OperationState } from '@kargo/api';

/** The sources of an Application: `sources` if there are any, else `source`. */
export function sourcesOf(app: Application): ApplicationSource[] {
  const { source, sources } = app.spec;
  if (sources !== undefined && sources.length > 0) return sources;
  return source === undefined ? [] : [source];
}

/** Whether an Application is written in the form with several sources. */
export function isMultiSource(app: Application): boolean {
  return (app.spec.sources ?? []).length > 0;
}

/** Revisions in the form the Application's status has them: one, or a list. */
export function revisionFields(app: Application, revisions: readonly string[]): { revision: string } | { revisions: string[] } {
  return isMultiSource(app) ? { revisions: [...revisions] } : { revision: revisions[0] ?? '' };
}

/** The revisions of its sources that an Application was compared at last. */
export function shownRevisions({ status }: Application): string[] {
  const { revision = '', revisions } = status?.sync ?? {};
  return revisions ?? (revision === '' ? [] : [revision]);
}

/** The revisions an operation runs at. */
export function operationRevisions(state: OperationState): string[] {
  const { revision, revisions } = state.syncResult ?? {};
  return revisions ?? (revision === undefined || revision === '' ? [] : [revision]);
}
