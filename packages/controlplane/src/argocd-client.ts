import { ArgoCDServer, withArgoCDServer, type Http } from '@kargo/integrations';
import type { Client } from '@kargo/kube';
import type { UpConfig } from './config.ts';

/** The client for whom Applications are where the configuration says: in the API, or in an Argo CD with an API of its own. */
export function withApplications(client: Client, { argoCDServer }: Pick<UpConfig, 'argoCDServer'>, http: Http): Client {
  if (argoCDServer === undefined) return client;
  const { server, token, project, insecure } = argoCDServer;
  return withArgoCDServer(
    client,
    new ArgoCDServer({ http, server, token: () => token, project, insecureSkipTLSVerify: insecure }),
  );
}
