import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coreKinds } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN } from '@kargo/apiserver';
import { kubeconfig, selfSigned } from '@kargo/controlplane';
import { httpClient, loadKubeconfig, seededRandom, systemClock } from '@kargo/kube';
import { contractKinds, describeClientContract } from '@kargo/kube/testing';

// In memory and over HTTP, the contract stands in test/apiserver.
describeClientContract('the embedded API on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kargo-contract-'));
  const api = openApiServer({
    path: join(folder, 'store.db'),
    kinds: [...coreKinds, ...contractKinds],
    clock: systemClock,
    random: seededRandom(1),
    durability: 'normal',
  });
  return {
    client: api.client(),
    compact: api.compact,
    sendBookmarks: api.sendBookmarks,
    close: async () => {
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});

describeClientContract('the HTTP client of a kubeconfig, over TLS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kargo-contract-'));
  const certificate = selfSigned(['127.0.0.1'], Date.now());
  const api = openApiServer({
    path: ':memory:',
    kinds: [...coreKinds, ...contractKinds],
    clock: systemClock,
    random: seededRandom(1),
    authenticate: ({ headers }) => (headers.authorization === 'Bearer secret' ? SYSTEM_ADMIN : undefined),
  });
  const server = createServer(certificate, api.handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, kubeconfig({ address, token: 'secret', certificate: certificate.cert }));
  const access = await loadKubeconfig({ file, clock: systemClock });
  return {
    client: httpClient(access),
    compact: api.compact,
    // The request of a watch may still be on its way.
    sendBookmarks: async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      api.sendBookmarks();
    },
    close: async () => {
      access.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
