import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ApiServer } from '@kargo/apiserver';
import type { Log } from '@kargo/kube';
import { createBackup } from './backup.ts';

/** Where a running control plane hands out backups of itself, to its administrators only. */
export const BACKUP_PATH = '/control-plane/backup';

/** Answers requests for backups, and passes all others on. */
export function withBackups(next: RequestListener, options: { api: ApiServer; data: string; log: Log }): RequestListener {
  let made = 0;
  return (request, response) => {
    if (request.url !== BACKUP_PATH) {
      next(request, response);
      return;
    }
    const file = join(options.data, `backup-${process.pid}-${++made}.tmp`);
    void answer(request, response, file, options)
      .catch((error: unknown) => {
        options.log.error({ error: error instanceof Error ? error.message : String(error) }, 'a backup failed');
        if (response.headersSent) response.destroy();
        else refuse(response, 500, `the backup failed: ${error instanceof Error ? error.message : String(error)}`);
      })
      .then(() => rm(file, { force: true }));
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
  { api, data }: { api: ApiServer; data: string },
): Promise<void> {
  if (request.method !== 'POST') return refuse(response, 405, 'ask for a backup with POST');
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const user = token === undefined ? undefined : await api.reviewToken(token);
  if (user === undefined) return refuse(response, 401, 'no valid token was sent');
  if (user.groups?.includes('system:masters') !== true)
    return refuse(response, 403, 'a backup holds all Secrets: only members of system:masters may make one');
  await createBackup(data, file, (path) => api.backup(path));
  const { size } = await stat(file);
  response.writeHead(200, { 'content-type': 'application/vnd.sqlite3', 'content-length': size });
  await pipeline(createReadStream(file), response);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}
