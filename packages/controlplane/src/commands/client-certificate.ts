import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { parseDuration } from '@kargo/gocompat';
import { systemClock } from '@kargo/kube';
import { parse, stringify } from 'yaml';
import { ConfigError } from '../config-error.ts';
import { canSign, CLIENT_AUTHORITY_FILE, clientCertificate, loadClientAuthority } from '../certificates/client-authority.ts';

interface Options {
  data: string;
  group?: string | undefined;
  valid: string;
}

/** `kargo client-certificate USER`: a kubeconfig for a person or program that is let into the embedded API by a certificate. */
export const clientCertificateCommand: CommandDefinition = defineCommand<Options>({
  usage: '<USER>',
  configure: (command) =>
    command
      .option('--group <NAMES>', 'groups that the user is a member of, separated by commas')
      .option('--valid <DURATION>', 'how long the certificate is valid; it cannot be taken back before', '24h')
      .option('--data <DIR>', 'data folder of the control plane', './kargo-data'),
  run: async ({ args: [name = ''], options, context }) => {
    const data = resolve(context.io.cwd, options.data);
    const milliseconds = validity(options.valid);
    const cluster = await clusterOf(data);
    const now = systemClock.now();
    const groups = (options.group ?? '').split(',').filter((group) => group !== '');
    const authority = await loadClientAuthority(data, now).catch((error: unknown) => {
      throw error instanceof ConfigError ? new CLIError('Configuration', error.message, error) : error;
    });
    if (!canSign(authority))
      throw new CLIError(
        'Configuration',
        `Kargo did not make the authority in ${join(data, CLIENT_AUTHORITY_FILE)}: sign the certificate with the tool that made it (common name = user, organizations = groups)`,
      );
    const { cert, key } = clientCertificate(authority, { name, groups }, { now, milliseconds });
    const base64 = (text: string): string => Buffer.from(text).toString('base64');
    context.io.stdout.write(
      stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'kargo',
        clusters: [{ name: 'kargo', cluster }],
        users: [{ name, user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
        contexts: [{ name: 'kargo', context: { cluster: 'kargo', user: name } }],
      }),
    );
  },
});

function validity(text: string): number {
  let milliseconds: number;
  try {
    milliseconds = parseDuration(text);
  } catch (error) {
    throw new CLIError('Usage', `--valid: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (milliseconds <= 0) throw new CLIError('Usage', '--valid must be longer than nothing, for example 24h');
  return milliseconds;
}

/** How the control plane of a folder is reached. */
async function clusterOf(data: string): Promise<unknown> {
  const file = join(data, 'kubeconfig');
  try {
    await readFile(join(data, CLIENT_AUTHORITY_FILE));
    return (parse(await readFile(file, 'utf8')) as { clusters: [{ cluster: unknown }] }).clusters[0].cluster;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CLIError('Configuration', `${data} is no data folder that \`kargo up\` has run on: ${why}`, cause);
  }
}
