import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { CLIError } from '@kargo/cli';
import { parse } from 'yaml';

/**
 * Asks the process that uses a data folder for something, as its administrator. Fails with {@link CLIError} unless it is answered with
 * success; `what` names it for people.
 */
export async function askControlPlane(data: string, path: string, what: string): Promise<IncomingMessage> {
  const { server, token, certificate } = await connection(data);
  let response: IncomingMessage;
  try {
    response = await new Promise<IncomingMessage>((settle, reject) => {
      const headers = { authorization: `Bearer ${token}` };
      request(new URL(path, server), { method: 'POST', headers, ca: certificate }, settle).on('error', reject).end();
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new CLIError('Request', `asking the control plane at ${server} for ${what}: ${why}`, error);
  }
  if (response.statusCode === 200) return response;
  throw new CLIError('Request', `the control plane at ${server} refuses ${what}: ${(await textOf(response)).trim()}`);
}

/** All of an answer. */
export async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

async function connection(data: string): Promise<{ server: string; token: string; certificate: Buffer }> {
  const file = join(data, 'kubeconfig');
  try {
    const config = parse(await readFile(file, 'utf8')) as {
      clusters: [{ cluster: { server: string; 'certificate-authority-data': string } }];
      users: [{ user: { token: string } }];
    };
    const { cluster } = config.clusters[0];
    return {
      server: cluster.server,
      token: config.users[0].user.token,
      certificate: Buffer.from(cluster['certificate-authority-data'], 'base64'),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CLIError(
      'Configuration',
      `reading ${file}, which says how to reach the process that uses the folder: ${why}`,
      cause,
    );
  }
}
