import { ApiError, type Freight } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { someFreight } from '../availability/fixtures.ts';
import { aCollection, NOW, runStep } from './fixtures.ts';
import { enter, leave, syncFreight, type UpdateFreight } from './sync-freight.ts';

type Status = NonNullable<Freight['status']>;
const since = (minutes: number): string => new Date(NOW - minutes * 60_000).toISOString().replace('.000Z', 'Z');

describe('Freight that leaves a Stage', () => {
  const cases: { name: string; given: Status; want: Status }[] = [
    {
      name: 'keeps how long it was there, if it was verified there',
      given: { currentlyIn: { qa: { since: since(90) }, other: {} }, verifiedIn: { qa: { verifiedAt: since(80) } } },
      want: { currentlyIn: { other: {} }, verifiedIn: { qa: { verifiedAt: since(80), longestSoak: '1h30m0s' } } },
    },
    {
      name: 'keeps a longer stay of before',
      given: { currentlyIn: { qa: { since: since(1) } }, verifiedIn: { qa: { longestSoak: '2h' } } },
      want: { currentlyIn: {}, verifiedIn: { qa: { longestSoak: '2h' } } },
    },
    {
      name: 'gets no verification if it had none',
      given: { currentlyIn: { qa: { since: since(9) } } },
      want: { currentlyIn: {} },
    },
    {
      name: 'may have arrived nobody knows when',
      given: { currentlyIn: { qa: {} }, verifiedIn: { qa: {} } },
      want: { currentlyIn: {}, verifiedIn: { qa: {} } },
    },
    { name: 'may have left already', given: { verifiedIn: { qa: {} } }, want: { verifiedIn: { qa: {} } } },
  ];
  it.each(cases)('$name', ({ given, want }) => {
    const status = structuredClone(given);
    leave(status, 'qa', NOW);
    expect(status).toEqual(want);
  });
});

it('Freight that is in a Stage already keeps its arrival', () => {
  const status: Status = { currentlyIn: { qa: { since: since(5) } } };
  enter(status, 'qa', NOW);
  expect(status.currentlyIn).toEqual({ qa: { since: since(5) } });
});

describe('recording where Freight is', () => {
  function world(freight: Freight[]): { deps: Parameters<typeof syncFreight>[0]; written: string[] } {
    const byName = new Map(freight.map((each) => [each.metadata.name, each]));
    const written: string[] = [];
    const updateFreight: UpdateFreight = async (_, name, change) => {
      const found = byName.get(name);
      if (found === undefined) throw new ApiError('NotFound', `freights "${name}" not found`);
      change((found.status ??= {}));
      written.push(name);
    };
    const freightIn = (_: string, stage: string): Freight[] =>
      freight.filter(({ status }) => Object.hasOwn(status?.currentlyIn ?? {}, stage));
    return { deps: { freightIn, getFreight: (_, name) => byName.get(name), updateFreight }, written };
  }

  it('moves it in and out, and writes only what changes', async () => {
    const [old, same] = [someFreight('old', { currentlyIn: { qa: {} } }), someFreight('same', { currentlyIn: { qa: {} } })];
    const { deps, written } = world([old, same, someFreight('new')]);
    const items = { a: { name: 'same' }, b: { name: 'new' } };
    await runStep(syncFreight(deps), { status: { freightHistory: [{ id: 'x', items }] } });
    expect(written).toEqual(['old', 'new']);
    await runStep(syncFreight(deps), { status: { freightHistory: [{ id: 'x', items }] } });
    expect(written).toEqual(['old', 'new']);
  });

  it('moves out what was replaced just now, though it is not known to be here yet', async () => {
    const old = someFreight('old', { currentlyIn: { qa: {} } });
    const { deps, written } = world([old, someFreight('new')]);
    const status = { freightHistory: [aCollection('new'), aCollection('old')] };
    const step = syncFreight({ ...deps, freightIn: () => [] });
    await runStep(
      (pass) => {
        pass.notes.deployed = true;
        return step(pass);
      },
      { status },
    );
    expect(written).toEqual(['old', 'new']);
  });

  it('has a problem when what is deployed does not exist', async () => {
    const pass = await runStep(syncFreight(world([]).deps), { status: { freightHistory: [aCollection('gone')] } });
    expect(pass.problems.map(String)).toEqual([expect.stringContaining('Freight gone')]);
  });
});
