import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigMap, coreKinds } from '@kargo/api';
import { openApiServer, type ApiServer } from '@kargo/apiserver';
import { silentLog, systemClock, systemRandom } from '@kargo/kube';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DATABASE } from './backup.ts';
import { BACKUP_PATH, ROTATE_KEY_PATH, withDataEndpoints } from './data-endpoints.ts';
import { loadEncryptionKeys } from './encryption-keys.ts';

let data: string;
let api: ApiServer;
let server: Server;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'kargo-data-'));
  api = openApiServer({
    path: join(data, DATABASE),
    sealingKeys: await loadEncryptionKeys(data, {}),
    kinds: coreKinds,
    clock: systemClock,
    random: systemRandom,
    tokenUser: () => ({ username: 'root', groups: ['system:masters'] }),
  });
  // More than connections hold of what nobody reads.
  for (let index = 0; index < 20; index++)
    await api.client().create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { namespace: 'default', name: `large-${index}` },
      data: { text: 'x'.repeat(1_000_000) },
    });
  server = createServer(withDataEndpoints((_, response) => response.end(), { api, data, log: silentLog, keysAreGiven: false }));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await api.close();
  await rm(data, { recursive: true });
});

function ask(path: string): Promise<IncomingMessage> {
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: 'Bearer token' };
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false }, resolve).on('error', reject).end();
  });
}

it('who does not read a backup keeps nobody else waiting, and leaves nothing behind', { timeout: 20_000 }, async () => {
  const unread = await ask(BACKUP_PATH);
  const rotated = await ask(ROTATE_KEY_PATH);
  expect([unread.statusCode, rotated.statusCode]).toEqual([200, 200]);
  rotated.resume();
  unread.destroy();
  await vi.waitFor(async () => expect((await readdir(data)).filter((name) => name.startsWith('backup-'))).toEqual([]));
});
