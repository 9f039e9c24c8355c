import { expect } from 'vitest';
import { refused, Widget, type ContractContext, type ContractTest } from './subject.ts';

async function createSome({ client, widget }: ContractContext): Promise<void> {
  await client.create(Widget, widget('a', {}, { labels: { app: 'x', tier: '1' } }));
  await client.create(Widget, widget('b', {}, { labels: { app: 'y' } }));
  await client.create(Widget, widget('c', {}, { labels: { app: 'x' } }));
  await client.create(Widget, widget('d'));
}

/** Lists: order, namespaces, selectors, pages. */
export const listTests: readonly ContractTest[] = [
  {
    title: 'lists a namespace in the order of names, with a version',
    run: async (context) => {
      await createSome(context);
      const list = await context.client.list(Widget, { namespace: context.namespace });
      expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'c', 'd']);
      expect(list).toMatchObject({ kind: 'WidgetList', apiVersion: 'contract.kargo.dev/v1' });
      expect(list.metadata.resourceVersion).toMatch(/./);
      expect(list.items[0]).toMatchObject({ kind: 'Widget', apiVersion: 'contract.kargo.dev/v1' });
    },
  },
  {
    title: 'lists across namespaces and nothing for an empty one',
    run: async (context) => {
      await createSome(context);
      const all = await context.client.list(Widget);
      expect(all.items.filter(({ metadata }) => metadata.namespace === context.namespace)).toHaveLength(4);
      expect((await context.client.list(Widget, { namespace: 'no-such-namespace' })).items).toEqual([]);
    },
  },
  {
    title: 'selects by labels',
    run: async (context) => {
      await createSome(context);
      const cases: [labelSelector: string, want: string[]][] = [
        ['app=x', ['a', 'c']],
        ['app==x,tier', ['a']],
        ['app!=x', ['b', 'd']],
        ['app in (x,y),!tier', ['b', 'c']],
        ['app notin (x)', ['b', 'd']],
        ['', ['a', 'b', 'c', 'd']],
      ];
      for (const [labelSelector, want] of cases) {
        const { items } = await context.client.list(Widget, { namespace: context.namespace, labelSelector });
        expect([labelSelector, items.map(({ metadata }) => metadata.name)]).toEqual([labelSelector, want]);
      }
      await refused(context.client.list(Widget, { labelSelector: 'a in (' }), 'BadRequest');
    },
  },
  {
    title: 'selects by name and namespace',
    run: async (context) => {
      await createSome(context);
      const { client, namespace } = context;
      const names = async (fieldSelector: string): Promise<(string | undefined)[]> =>
        (await client.list(Widget, { namespace, fieldSelector })).items.map(({ metadata }) => metadata.name);
      expect(await names('metadata.name=b')).toEqual(['b']);
      expect(await names('metadata.name!=b')).toEqual(['a', 'c', 'd']);
      expect(await names(`metadata.namespace=${namespace},metadata.name=c`)).toEqual(['c']);
      expect(await names('metadata.namespace=other')).toEqual([]);
      await refused(client.list(Widget, { namespace, fieldSelector: 'spec.unheardOf=1' }), 'BadRequest');
    },
  },
  {
    title: 'gives pages that hold every object once, whatever is written meanwhile',
    run: async ({ client, widget, namespace }) => {
      for (let i = 0; i < 7; i++) await client.create(Widget, widget(`w${i}`));
      const seen: string[] = [];
      let next: string | undefined;
      let pages = 0;
      do {
        const page = await client.list(Widget, { namespace, limit: 3, continue: next });
        expect(page.items.length).toBeLessThanOrEqual(3);
        seen.push(...page.items.map(({ metadata }) => metadata.name ?? ''));
        next = page.metadata.continue === '' ? undefined : page.metadata.continue;
        pages++;
        if (pages === 1) {
          await client.create(Widget, widget('a-new-first'));
          await client.patch(Widget, { namespace, name: 'w5' }, { type: 'merge', body: { spec: { size: 5 } } });
        }
      } while (next !== undefined);
      expect(pages).toBe(3);
      expect(seen.filter((name) => name.startsWith('w'))).toEqual(['w0', 'w1', 'w2', 'w3', 'w4', 'w5', 'w6']);
    },
  },
  {
    title: 'pages within a selection',
    run: async ({ client, widget, namespace }) => {
      for (let i = 0; i < 6; i++) await client.create(Widget, widget(`w${i}`, {}, { labels: { even: String(i % 2 === 0) } }));
      const options = { namespace, labelSelector: 'even=true', limit: 2 };
      const first = await client.list(Widget, options);
      expect(first.items.map(({ metadata }) => metadata.name)).toEqual(['w0', 'w2']);
      const second = await client.list(Widget, { ...options, continue: first.metadata.continue });
      expect(second.items.map(({ metadata }) => metadata.name)).toEqual(['w4']);
      expect(second.metadata.continue ?? '').toBe('');
    },
  },
  {
    title: 'refuses a continue token it did not give',
    run: async ({ client, namespace }) => {
      await refused(client.list(Widget, { namespace, limit: 1, continue: 'nonsense' }), 'BadRequest');
    },
  },
];
