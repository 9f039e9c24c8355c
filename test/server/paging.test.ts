import { Freight } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { addFreight, allowing, aStage, openPipeline, someFreight, userToken } from './harness.ts';

interface Page {
  items?: { metadata: { name: string } }[];
  groups?: Record<string, { items: { metadata: { name: string } }[] }>;
  metadata?: { continue?: string; remainingItemCount?: number };
  continue?: string;
  remainingItemCount?: number;
}
const namesIn = (page: Page): string[] => (page.items ?? page.groups?.['']?.items ?? []).map(({ metadata }) => metadata.name);

describe('pages', () => {
  it('of every list add up to the list, whatever is changed in between', async () => {
    const { call } = await openPipeline();
    for (let i = 0; i < 7; i++) await call('POST', '/resources', aStage(`s${i}`, { direct: true }));
    const seen: string[] = [];
    let next = '';
    let rests: (number | undefined)[] = [];
    do {
      const { body } = await call('GET', `/projects/demo/stages?limit=4${next === '' ? '' : `&continue=${next}`}`);
      const page = body as Page;
      seen.push(...namesIn(page));
      rests = [...rests, page.metadata?.remainingItemCount];
      next = page.metadata?.continue ?? '';
      // Before the cursor, where it must not matter.
      await call('DELETE', '/projects/demo/stages/prod');
    } while (next !== '');
    expect(seen).toEqual(['prod', 's0', 's1', 's2', 's3', 's4', 's5', 's6', 'test', 'uat']);
    expect(rests).toEqual([6, 2, undefined]);
  });

  it('of Freight come in the order of discovery, or the other way round', async () => {
    const { call, client } = await openPipeline();
    const add = (name: string, day: number, origin = 'w'): Promise<void> =>
      addFreight(
        client,
        someFreight(name, '1', {}, { discoveredAt: `2025-01-0${day}T00:00:00Z`, origin: { kind: 'Warehouse', name: origin } }),
      );
    await add('c', 1);
    await add('a', 3);
    await add('b', 2, 'other');
    await add('d', 2);
    const page = async (query: string): Promise<Page> => (await call('GET', `/projects/demo/freight?${query}`)).body;
    const first = await page('limit=3');
    expect([namesIn(first), first.remainingItemCount]).toEqual([['c', 'b', 'd'], 1]);
    await client.delete(Freight, { namespace: 'demo', name: 'b' });
    await add('e', 4);
    expect(namesIn(await page(`limit=3&continue=${first.continue ?? ''}`))).toEqual(['a', 'e']);
    const newest = await page('limit=2&reverse=true&origins=w');
    expect(namesIn(newest)).toEqual(['e', 'a']);
    const older = await page(`limit=2&reverse=true&origins=w&continue=${newest.continue ?? ''}`);
    expect([namesIn(older), older.continue]).toEqual([['d', 'c'], undefined]);
    expect((await call('GET', '/projects/demo/freight?limit=2&groupBy=image_repo')).status).toBe(400);
  });

  it('of Freight are for those who may list it', async () => {
    const { call } = await openPipeline({ authorizer: allowing('get freights') });
    const as = { authorization: `Bearer ${userToken('alice')}` };
    expect((await call('GET', '/projects/demo/freight?limit=2', undefined, as)).status).toBe(403);
  });

  it.each(['limit=-1', 'limit=x', 'limit=1e3', 'continue=%00', 'continue=e30', 'limit=2&continue=x'])(
    '%s is none',
    async (query) => {
      const { call } = await openPipeline();
      expect((await call('GET', `/projects/demo/stages?${query}`)).status).toBe(400);
    },
  );
});

describe('fields', () => {
  it('are those that are asked for, in lists and single objects', async () => {
    const { call } = await openPipeline();
    const one = (await call('GET', '/projects/demo/stages/test?fields=spec.requestedFreight.origin.name,status.phase'))
      .body as unknown as object;
    expect(one).toEqual({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Stage',
      metadata: { name: 'test', namespace: 'demo', resourceVersion: expect.any(String) },
      spec: { requestedFreight: [{ origin: { name: 'w' } }] },
    });
    const all = (await call('GET', '/projects/demo/stages?fields=metadata.name&limit=1')).body as Page;
    expect(Object.keys(all.items?.[0] ?? {})).toEqual(['apiVersion', 'kind', 'metadata']);
  });

  it('with a minus are taken away, but never what names the object', async () => {
    const { call } = await openPipeline();
    const { body } = await call('GET', '/projects/demo/stages/test?fields=-spec,-metadata.name,-metadata.uid');
    expect(body).not.toHaveProperty('spec');
    expect(body).not.toHaveProperty('metadata.uid');
    expect(body).toHaveProperty('metadata.name', 'test');
  });
});
