import { traceCredentials } from '@kargo/controllers';
import { REPOSITORY_TYPES } from '../config-data/secrets.ts';
import { badRequest } from '../http/http-error.ts';
import { param, queryText } from '../http/query.ts';
import type { Routes } from '../route.ts';

/** Which Secret a Project uses for a repository, and why that one. The caller must be allowed to list its Secrets; no secret is shown. */
export const credentialsTraceRoutes: Routes = (server, { config, clientFor, privileged }) => {
  server.get('/credentials/explain', (request) => {
    const project = param(request, 'project');
    const repoURL = queryText(request, 'repoURL');
    if (repoURL === undefined) throw badRequest('repoURL should not be empty');
    const type = REPOSITORY_TYPES.find((known) => known === (queryText(request, 'type') ?? 'git'));
    if (type === undefined) throw badRequest(`type should be one of ${REPOSITORY_TYPES.join(', ')}`);
    const caller = clientFor(request);
    return traceCredentials(
      {
        // What others share is read for the caller, but only what matches is told.
        reader: { list: (kind, options) => (options?.namespace === project ? caller : privileged).list(kind, options) },
        discreet: (namespace) => namespace !== project,
        sharedNamespace: config.namespaces.shared,
        ...config.credentials,
      },
      { project, type, repoURL },
    );
  });
};
