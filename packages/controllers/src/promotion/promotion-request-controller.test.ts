import { allKinds, apiVersionOf, conditionViolations, Namespace, PromotionRequest } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { Manager, seededRandom, silentLog, VirtualClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { promotionRequestController } from './promotion-request-controller.ts';

describe('a request to promote to Targets', () => {
  it('ends, and says that nothing carries it out', async () => {
    const clock = new VirtualClock('2026-01-01T00:00:00Z');
    const random = seededRandom(1);
    const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
    const client = api.client();
    const manager = new Manager({ client, clock, random, log: silentLog });
    manager.add(promotionRequestController({ client, clock }));
    await manager.start();
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await client.create(PromotionRequest, {
      apiVersion: apiVersionOf(PromotionRequest),
      kind: PromotionRequest.kind,
      metadata: { namespace: 'shop', name: 'r' },
      spec: { stage: 'prod', freight: 'f1', targets: [{ name: 'eu' }] },
    });
    await manager.idle();
    const request = await client.get(PromotionRequest, { namespace: 'shop', name: 'r' });
    expect(request.status).toMatchObject({
      phase: 'Errored',
      finishedAt: '2026-01-01T00:00:00Z',
      conditions: [{ type: 'Ready', status: 'False', reason: 'TargetsNotSupported' }],
    });
    expect(conditionViolations(request)).toEqual([]);
    expect(manager.defects()).toEqual([]);
    await manager.stop();
    await api.close();
  });
});
