import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ApiServer } from '@kargo/apiserver';
import type { Log } from '@kargo/kube';
import { createBackup } from './backup.ts';
import { KEYS_ARE_GIVEN, rotateEncryptionKey } from './encryption-keys.ts';

/** Where a running control plane hands out backups of itself, to its administrators only. */
export const BACKUP_PATH = '/control-plane/backup';
/** Where a running control plane encrypts its Secrets with a new key, for its administrators only. */
export const ROTATE_KEY_PATH = '/control-plane/rotate-key';

export interface DataEndpointOptions {
  api: ApiServer;
  data: string;
  log: Log;
  /** Whether the keys come from the environment: then they are not ours to change. */
  keysAreGiven: boolean;
}

/** Does the work, and returns what answers: an answer that is read slowly keeps no other work waiting. */
type Work = (options: DataEndpointOptions) => Promise<(response: ServerResponse) => Promise<void>>;

/** Answers what is asked of the data folder of a running control plane, one after the other, and passes all other requests on. */
export function withDataEndpoints(next: RequestListener, options: DataEndpointOptions): RequestListener {
  let made = 0;
  // The keys in a backup must be those of its objects: neither changes while the other is worked on.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = (work: Work): ReturnType<Work> => {
    const turn = last.then(() => work(options));
    last = turn.catch(() => undefined);
    return turn;
  };
  const works: Readonly<Record<string, Work>> = {
    [BACKUP_PATH]: ({ api, data }) => makeBackup(join(data, `backup-${process.pid}-${++made}.tmp`), { api, data }),
    [ROTATE_KEY_PATH]: rotateKey,
  };
  return (request, response) => {
    const work = works[request.url ?? ''];
    if (work === undefined) {
      next(request, response);
      return;
    }
    void admitted(request, response, options)
      .then(async (isAdmitted) => (isAdmitted ? (await inTurn(work))(response) : undefined))
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        options.log.error({ error: why, path: request.url }, 'work on the data folder failed');
        if (response.headersSent) response.destroy();
        else refuse(response, 500, `it failed: ${why}`);
      });
  };
}

async function admitted(request: IncomingMessage, response: ServerResponse, { api }: DataEndpointOptions): Promise<boolean> {
  const refused = (status: number, message: string): false => {
    refuse(response, status, message);
    return false;
  };
  if (request.method !== 'POST') return refused(405, 'ask with POST');
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const user = token === undefined ? undefined : await api.reviewToken(token);
  if (user === undefined) return refused(401, 'no valid token was sent');
  if (user.groups?.includes('system:masters') !== true)
    return refused(403, 'this is about all Secrets: only members of system:masters may ask for it');
  return true;
}

async function makeBackup(file: string, { api, data }: Pick<DataEndpointOptions, 'api' | 'data'>): ReturnType<Work> {
  try {
    await createBackup(data, file, (path) => api.backup(path));
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return async (response) => {
    try {
      const { size } = await stat(file);
      response.writeHead(200, { 'content-type': 'application/vnd.sqlite3', 'content-length': size });
      await pipeline(createReadStream(file), response);
    } finally {
      await rm(file, { force: true });
    }
  };
}

async function rotateKey({ api, data, keysAreGiven }: DataEndpointOptions): ReturnType<Work> {
  if (keysAreGiven) return async (response) => refuse(response, 409, KEYS_ARE_GIVEN);
  const { id } = await rotateEncryptionKey(data, (keys) => api.rotateKeys(keys));
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    response.end(id);
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}
