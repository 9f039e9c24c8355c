import { createServer, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { UserInfo } from '@kargo/kube';
import { seededRandom, systemClock } from '@kargo/kube';
import { memoryAuditTrail, type AuditEntry } from '@kargo/server';
import { expect, it, vi } from 'vitest';
import { auditedKubernetes } from './audit-kubernetes.ts';

/** What is written down of one deletion that is sent with the token `jane`. */
async function written(
  handler: RequestListener,
  users: Map<string, UserInfo>,
  leaves: Promise<void>,
  { name = 'jane', as = {} }: { name?: string; as?: Readonly<Record<string, string>> } = {},
): Promise<AuditEntry[]> {
  const trail = memoryAuditTrail();
  const server = createServer(
    auditedKubernetes(handler, {
      trail,
      clock: systemClock,
      random: seededRandom(1),
      userOf: (token) => Promise.resolve(users.get(token)),
      isComponent: () => false,
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const path = `/api/v1/namespaces/default/serviceaccounts/${name}`;
  const headers = { authorization: 'Bearer jane', ...as };
  const sent = request({ host: '127.0.0.1', port, path, method: 'DELETE', headers, agent: false }, (response) =>
    response.resume(),
  );
  sent.on('error', () => undefined).end();
  void leaves.then(() => sent.destroy());
  try {
    return await vi.waitFor(async () => {
      const entries = await Array.fromAsync(trail.read({}));
      expect(entries).toHaveLength(1);
      return entries;
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const jane = (): Map<string, UserInfo> => new Map([['jane', { username: 'jane', groups: [] }]]);

it('who deletes themselves is written down by name', async () => {
  const users = jane();
  const handler: RequestListener = (_, response) => {
    users.clear();
    response.end('{}');
  };
  expect(await written(handler, users, new Promise(() => undefined))).toMatchObject([
    { actor: 'kubernetes:jane', operation: 'delete serviceaccounts', result: 'done', status: 200 },
  ]);
});

it.each([
  ['is written down', jane(), 'kubernetes:jane', 'done'],
  ['without a name is written down as refused', new Map<string, UserInfo>(), 'anonymous', 'refused'],
] as const)('who leaves before the answer %s', async (_, users, actor, result) => {
  const arrived = Promise.withResolvers<void>();
  expect(await written(() => arrived.resolve(), users, arrived.promise)).toMatchObject([
    { actor, result, status: 499, error: expect.stringContaining('left before the answer') },
  ]);
});

it('what is written down of long names and headers is short', async () => {
  const handler: RequestListener = (_, response) => response.writeHead(401).end('{}');
  const long = { name: 'n'.repeat(6000), as: { 'impersonate-user': 'u'.repeat(6000) } };
  const entries = await written(handler, new Map(), new Promise(() => undefined), long);
  expect(entries).toMatchObject([{ result: 'refused', objects: [{ name: 'n'.repeat(253) }] }]);
  expect(JSON.stringify(entries).length).toBeLessThan(4000);
});
