import { allKinds, ApiError, Namespace, Service } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, VirtualClock, type Client } from '@kargo/kube';
import { interceptClient } from '@kargo/kube/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Comparison } from '../compare.ts';
import { applyObject } from './simulated.ts';

const options = { dryRun: false, signal: new AbortController().signal };
const target = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'web', name: 'web' },
  spec: { ports: [{ port: 80 }] },
};
/** What a comparison finds that has not seen the live object yet. */
const unseen = { kind: Service, target, live: undefined } as unknown as Comparison;

let client: Client;
let close: () => Promise<void>;

beforeEach(async () => {
  const api = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock: new VirtualClock('2026-01-01T00:00:00Z'),
    random: seededRandom(1),
  });
  close = () => api.close();
  client = api.client();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'web' } });
});
afterEach(() => close());

describe('applying an object', () => {
  it('that an interrupted sync has made already updates it', async () => {
    await client.create(Service, { ...target, spec: { ports: [{ port: 8080 }] } } as never);
    expect(await applyObject(client, unseen, options)).toEqual({ status: 'Synced', message: 'service/web configured' });
    const { spec } = await client.get(Service, { namespace: 'web', name: 'web' });
    expect(spec?.['ports']).toMatchObject([{ port: 80 }]);
    expect(await applyObject(client, unseen, options)).toMatchObject({ status: 'Synced' });
  });

  it('fails the sync when the object is refused, and is tried again when the API cannot be reached', async () => {
    const failing = (error: ApiError): Client =>
      interceptClient(client, {
        around: () => {
          throw error;
        },
      });
    const refused = new ApiError('Invalid', 'spec.ports: Required value');
    expect(await applyObject(failing(refused), unseen, options)).toEqual({
      status: 'SyncFailed',
      message: 'spec.ports: Required value',
    });
    const unreachable = new ApiError('ServiceUnavailable', 'connection refused');
    await expect(applyObject(failing(unreachable), unseen, options)).rejects.toBe(unreachable);
  });
});
