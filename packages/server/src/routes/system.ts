import { ClusterConfig, labels, Lease } from '@kargo/api';
import { timestamp } from '@kargo/kube';
import { askForRefresh } from '../annotate.ts';
import { requestedScopes, type OidcOptions } from '../auth/oidc.ts';
import { adminAccount } from '../auth/admin-account.ts';
import { getOrWatch } from '../listing.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';
import type { Services } from '../services.ts';

const CLUSTER_CONFIG = { name: 'cluster' };

/** Facts about the server, and the configuration of all Projects. */
export const systemRoutes: Routes = (server, services) => {
  const { config } = services;
  server.get('/system/public-server-config', async () => ({
    adminAccountEnabled: adminAccount(config.auth) !== undefined,
    ...oidcConfig(config.auth.oidc),
    skipAuth: config.auth.skip === true,
  }));

  server.get('/system/server-config', async () => ({
    argocdShards: config.argocdShards,
    secretManagementEnabled: config.secretManagement,
    systemResourcesNamespace: config.namespaces.system,
    sharedResourcesNamespace: config.namespaces.shared,
    kargoNamespace: config.namespaces.kargo,
    hasAnalysisRunLogsUrlTemplate: config.jobLogs !== undefined || config.runLogs !== undefined,
  }));

  server.get('/system/server-version', async () => ({
    ...(await config.version()),
    goVersion: `node${process.versions.node}`,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }));

  server.get('/system/controller-heartbeats', async () => ({
    heartbeats: await heartbeats(services),
    defaultController: config.defaultController,
  }));

  server.get('/system/cluster-config', (request, reply) => getOrWatch(services, request, reply, ClusterConfig, CLUSTER_CONFIG));
  // The reference CLI asks for its watch at this path.
  server.get('/cluster-config', (request, reply) => getOrWatch(services, request, reply, ClusterConfig, CLUSTER_CONFIG));

  server.delete('/system/cluster-config', async (request, reply) => {
    await services.clientFor(request).delete(ClusterConfig, CLUSTER_CONFIG);
    return reply.code(204).send();
  });

  server.post('/system/cluster-config/refresh', async (request, reply) => {
    const current = await readOne(services.clientFor(request), ClusterConfig, CLUSTER_CONFIG);
    await askForRefresh(services.privileged, config.clock, ClusterConfig, current);
    return reply.code(200).send();
  });
};

/** How people sign in at the identity provider, if there is one. */
function oidcConfig(oidc: OidcOptions | undefined): object {
  if (oidc === undefined) return {};
  const { issuerURL, clientID, cliClientID } = oidc;
  return {
    oidcConfig: {
      issuerUrl: issuerURL,
      clientId: clientID,
      ...(cliClientID === undefined ? {} : { cliClientId: cliClientID }),
      scopes: requestedScopes(oidc),
    },
  };
}

interface Heartbeat {
  controller: string;
  status: 'Alive' | 'Dead';
  timestamp?: string;
}

/** Controllers by name: those that keep a Lease, and the one in this process. */
async function heartbeats({ config, privileged }: Services): Promise<Record<string, Heartbeat>> {
  const now = config.clock.now();
  const { items } = await privileged.list(Lease, { namespace: config.namespaces.kargo, labelSelector: labels.controller });
  const beats = items.map(({ metadata, spec }): [string, Heartbeat] => {
    const controller = metadata.labels?.[labels.controller] ?? '';
    const renewed = Date.parse(spec?.renewTime ?? '');
    const lasts = (spec?.leaseDurationSeconds ?? Number.NaN) * 1000;
    const status = now - renewed < lasts ? 'Alive' : 'Dead';
    return [controller, { controller, status, ...(Number.isNaN(renewed) ? {} : { timestamp: timestamp(renewed) }) }];
  });
  const { builtInController } = config;
  if (builtInController !== undefined)
    beats.push([builtInController, { controller: builtInController, status: 'Alive', timestamp: timestamp(now) }]);
  return Object.fromEntries(beats);
}
