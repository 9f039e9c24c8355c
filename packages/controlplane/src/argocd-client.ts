import { readFile } from 'node:fs/promises';
import { ArgoCDServer, withArgoCDServer, type Http } from '@kargo/integrations';
import type { Client } from '@kargo/kube';
import { ConfigError, type UpConfig } from './config.ts';

/**
 * The client for whom Applications are where the configuration says: in the API, or in an Argo CD with an API of its own. Fails with
 * `ConfigError` if the file of its authority cannot be read.
 */
export async function withApplications(
  client: Client,
  { argoCDServer }: Pick<UpConfig, 'argoCDServer'>,
  http: Http,
): Promise<Client> {
  if (argoCDServer === undefined) return client;
  const { server, token, project, insecure, caFile } = argoCDServer;
  const ca = caFile === undefined ? undefined : await authorityIn(caFile);
  return withArgoCDServer(
    client,
    new ArgoCDServer({ http, server, token: () => token, project, insecureSkipTLSVerify: insecure, ca }),
  );
}

async function authorityIn(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`ARGOCD_SERVER_CA_FILE names ${file}, which cannot be read; correct or unset it`, { cause: error });
  }
  if (!text.includes('-----BEGIN CERTIFICATE-----'))
    throw new ConfigError(`ARGOCD_SERVER_CA_FILE names ${file}, which holds no certificate in PEM form`);
  return text;
}
