import { createServer, type AddressInfo } from 'node:net';
import { silentLog, VirtualClock } from '@kargo/kube';
import { Trace } from '@kargo/kube/testing';
import { expect, it } from 'vitest';
import { ListenError } from '../listener.ts';
import { listenForMetrics } from './metrics-listener.ts';

const HOST = '127.0.0.1';
const nothing = (): Promise<{ contentType: string; text: string }> => Promise.resolve({ contentType: 'text/plain', text: '' });

it('says which address is taken, what to do, and keeps the cause', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, HOST, resolve));
  const { port } = other.address() as AddressInfo;
  const failure = await listenForMetrics({ host: HOST, port }, nothing, silentLog).catch((error: unknown) => error);
  other.close();
  expect(failure).toBeInstanceOf(ListenError);
  expect(failure).toMatchObject({
    message: `listening on ${HOST}:${port} for metrics: another program has it: stop it, or choose another address with METRICS_BIND_ADDRESS`,
    cause: { code: 'EADDRINUSE' },
  });
});

it('tells the log why there are no metrics', async () => {
  const trace = new Trace(new VirtualClock());
  const failing = (): Promise<never> => Promise.reject(new Error('a measure is broken'));
  const listener = await listenForMetrics({ host: HOST, port: 0 }, failing, trace.log('metrics'));
  const { status } = await fetch(`http://${HOST}:${listener.port}/metrics`);
  await listener.close();
  expect(status).toBe(500);
  expect(trace.toString()).toContain('a measure is broken');
});
