import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { coreKinds } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN, type ApiServer } from '@kargo/apiserver';
import { httpClient, seededRandom, systemClock } from '@kargo/kube';
import { contractKinds, describeClientContract } from '@kargo/kube/testing';

function open(): ApiServer {
  const kinds = [...coreKinds, ...contractKinds];
  return openApiServer({
    path: ':memory:',
    kinds,
    clock: systemClock,
    random: seededRandom(1),
    authenticate: () => SYSTEM_ADMIN,
  });
}

describeClientContract('the embedded client', () => {
  const server = open();
  return { client: server.client(), compact: server.compact, sendBookmarks: server.sendBookmarks, close: server.close };
});

describeClientContract('the HTTP client over the embedded server', async () => {
  const server = open();
  const http = createServer(server.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    client: httpClient({ baseURL: `http://127.0.0.1:${port}` }),
    compact: server.compact,
    // The request of a watch may still be on its way.
    sendBookmarks: async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      server.sendBookmarks();
    },
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await server.close();
    },
  };
});
