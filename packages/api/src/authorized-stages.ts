/** A Stage that may change an Argo CD Application. */
export interface AuthorizedStage {
  project: string;
  stage: string;
}

/** Why an `authorized-stage` annotation authorises nobody. */
export type AuthorizedStages = { kind: 'valid'; stages: AuthorizedStage[] } | { kind: 'invalid'; reason: string };

/** Reads an `authorized-stage` annotation: `project:stage`, several with commas. Globs are refused; so is all of an invalid value. */
export function parseAuthorizedStages(value: string): AuthorizedStages {
  const stages: AuthorizedStage[] = [];
  for (const entry of value.split(',').map((text) => text.trim())) {
    if (entry === '') continue;
    const [project, stage, ...more] = entry.split(':').map((text) => text.trim());
    if (project === undefined || project === '' || stage === undefined || stage === '' || more.length > 0)
      return { kind: 'invalid', reason: `"${entry}" is not of the form project:stage` };
    if (entry.includes('*')) return { kind: 'invalid', reason: `"${entry}" holds a glob; name each project and Stage in full` };
    stages.push({ project, stage });
  }
  return { kind: 'valid', stages };
}

/** Whether an `authorized-stage` annotation lets that Stage change the Application. */
export function isStageAuthorized(value: string | undefined, { project, stage }: AuthorizedStage): boolean {
  if (value === undefined) return false;
  const parsed = parseAuthorizedStages(value);
  return parsed.kind === 'valid' && parsed.stages.some((known) => known.project === project && known.stage === stage);
}
