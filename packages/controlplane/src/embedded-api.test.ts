import { openApiServer, SYSTEM_ADMIN } from '@kargo/apiserver';
import { seededRandom, silentLog, systemClock } from '@kargo/kube';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { isEmbeddedAPI } from './embedded-api.ts';

const { signal } = new AbortController();
const clock = { sleep: (): Promise<void> => Promise.resolve() };

it('an embedded API says that it is one', async () => {
  const api = openApiServer({
    path: ':memory:',
    kinds: [],
    clock: systemClock,
    random: seededRandom(1),
    authenticate: () => SYSTEM_ADMIN,
  });
  const http = createServer(api.handler);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const baseURL = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  expect(await isEmbeddedAPI({ baseURL, fetch }, { log: silentLog, clock, signal })).toBe(true);
  http.closeAllConnections();
  http.close();
  await api.close();
});

it.each<[string, (() => Response | Error)[], boolean]>([
  ['a cluster', [() => Response.json({ gitVersion: 'v1.35.0' })], false],
  ['a distribution', [() => Response.json({ gitVersion: 'v1.32.4+k3s1' })], false],
  ['a cluster that does not tell', [() => Response.json({ kind: 'Status' }, { status: 403 })], false],
  ['a proxy before a cluster', [() => new Response('<html>', { status: 403 })], false],
  [
    'an API that answers at the third time',
    [() => new Error('refused'), () => Response.json({}, { status: 503 }), () => Response.json({ gitVersion: 'v1.32.0+kargo' })],
    true,
  ],
])('%s is told apart', async (_, answers, embedded) => {
  let asked = 0;
  const answer = async (): Promise<Response> => {
    const given = answers[asked++]?.() ?? new Error('asked too often');
    if (given instanceof Error) throw given;
    return given;
  };
  expect(await isEmbeddedAPI({ baseURL: 'http://api.test', fetch: answer }, { log: silentLog, clock, signal })).toBe(embedded);
  expect(asked).toBe(answers.length);
});
