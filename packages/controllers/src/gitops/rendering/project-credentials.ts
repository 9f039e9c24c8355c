import { annotations, parseAuthorizedStages, type Application } from '@kargo/api';
import type { Credentials } from '@kargo/integrations';

/**
 * Credentials for the sources of an Application: those of its own namespace, then, for one that belongs to whoever runs the agent, those of the
 * Projects whose Stages it admits. Whatever project is asked for counts for nothing.
 */
export function applicationCredentials(
  app: Application,
  credentials: Credentials,
  argoCDNamespace: string | undefined,
): Credentials {
  return {
    find: async (query) => {
      for (const project of projectsOf(app, argoCDNamespace)) {
        const found = await credentials.find({ ...query, project });
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Where credentials for the sources of an Application are looked for, in order. */
function projectsOf({ metadata }: Application, argoCDNamespace: string | undefined): string[] {
  const own = metadata.namespace ?? '';
  const admitted = parseAuthorizedStages(metadata.annotations?.[annotations.authorizedStage] ?? '');
  if (own !== argoCDNamespace || admitted.kind === 'invalid') return [own];
  return [...new Set([own, ...admitted.stages.map(({ project }) => project)])];
}
