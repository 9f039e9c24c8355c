import { createWriteStream } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CLIError, defineCommand, type CommandDefinition } from '@kargo/cli';
import { parse } from 'yaml';
import { backupIdleFolder, BackupError } from '../backup.ts';
import { BACKUP_PATH } from '../backup-endpoint.ts';
import { DataFolderInUseError, lockDataFolder } from '../data-lock.ts';

interface Options {
  data: string;
}

/** `kargo backup FILE`: of a data folder, whether a control plane runs on it or not. */
export const backup: CommandDefinition = defineCommand<Options>({
  usage: '<FILE>',
  configure: (command) => command.option('--data <DIR>', 'data folder to back up', './kargo-data'),
  run: async ({ args: [given = ''], options, context }) => {
    const file = resolve(context.io.cwd, given);
    const data = resolve(context.io.cwd, options.data);
    try {
      const unlock = await lockDataFolder(data);
      try {
        await backupIdleFolder(data, file);
      } finally {
        await unlock();
      }
    } catch (error) {
      if (error instanceof BackupError) throw new CLIError('Configuration', error.message, error);
      if (!(error instanceof DataFolderInUseError)) throw error;
      await download(data, file);
    }
    context.io.stdout.write(`${data} was backed up to ${given}; the file holds all Secrets and the keys to them\n`);
  },
});

/** Has the process that uses the folder make the backup. */
async function download(data: string, file: string): Promise<void> {
  const { server, token, certificate } = await connection(data);
  const partial = `${file}.partial`;
  try {
    const response = await new Promise<IncomingMessage>((settle, reject) => {
      request(
        new URL(BACKUP_PATH, server),
        { method: 'POST', headers: { authorization: `Bearer ${token}` }, ca: certificate },
        settle,
      )
        .on('error', reject)
        .end();
    });
    if (response.statusCode !== 200)
      throw new CLIError('Request', `the control plane at ${server} makes no backup: ${(await textOf(response)).trim()}`);
    await pipeline(response, createWriteStream(partial, { mode: 0o600, flush: true }));
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof CLIError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new CLIError('Request', `asking the control plane at ${server} for a backup: ${why}`, error);
  }
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

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}
