import { ApiError, type Freight, type StageStatus } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aStage, someFreight } from '../availability/fixtures.ts';
import { aCollection, NOW, runStep } from './fixtures.ts';
import { markVerified } from './mark-verified.ts';

const ready = (phase: string, more: StageStatus = {}): StageStatus => ({
  health: { status: 'Healthy' },
  freightHistory: [aCollection('f1', [{ id: 'v', phase, finishTime: '2026-01-01T11:00:00Z' }])],
  ...more,
});

async function mark(status: StageStatus, freight: Freight): Promise<{ status: Freight['status']; writes: number }> {
  let writes = 0;
  const updateFreight = async (
    _project: string,
    _name: string,
    change: (status: NonNullable<Freight['status']>) => void,
  ): Promise<void> => {
    writes++;
    change((freight.status ??= {}));
  };
  await runStep(markVerified({ getFreight: () => freight, updateFreight }), { status });
  return { status: freight.status, writes };
}

describe('[10 11 verification] recording that Freight is verified', () => {
  const cases: { name: string; status: StageStatus; verified: boolean }[] = [
    { name: 'after a success', status: ready('Successful'), verified: true },
    { name: 'not after a failure', status: ready('Failed'), verified: false },
    {
      name: 'not while the Stage is unhealthy',
      status: ready('Successful', { health: { status: 'Unhealthy' } }),
      verified: false,
    },
    {
      name: 'not while something else is being promoted',
      status: ready('Successful', { currentPromotion: { name: 'p' } }),
      verified: false,
    },
    { name: 'not while nothing is deployed', status: {}, verified: false },
  ];
  it.each(cases)('$name', async ({ status, verified }) => {
    const done = await mark(status, someFreight('f1'));
    expect(done.status?.verifiedIn).toEqual(verified ? { qa: { verifiedAt: '2026-01-01T11:00:00Z' } } : undefined);
  });

  it('happens once, and is never taken back', async () => {
    const freight = someFreight('f1', { verifiedIn: { qa: { verifiedAt: '2025-01-01T00:00:00Z', longestSoak: '1h' } } });
    expect((await mark(ready('Successful'), freight)).writes).toBe(0);
    expect((await mark(ready('Failed'), freight)).status?.verifiedIn).toHaveProperty('qa');
  });

  it('uses the present where the end of the verification is not known', async () => {
    const status = ready('Successful');
    delete status.freightHistory?.[0]?.verificationHistory?.[0]?.finishTime;
    const done = await mark(status, someFreight('f1'));
    expect(Date.parse(done.status?.verifiedIn?.['qa']?.verifiedAt ?? '')).toBe(NOW);
  });

  describe('of several', () => {
    const items = (names: string[]): StageStatus => {
      const [collection] = ready('Successful').freightHistory ?? [];
      const entries = names.map((name, at) => {
        const origin = { kind: 'Warehouse' as const, name: `w${at}` };
        return [`Warehouse/w${at}`, { name, origin }] as const;
      });
      return ready('Successful', { freightHistory: [{ ...collection, items: Object.fromEntries(entries) } as never] });
    };
    const markAll = async (
      given: Record<string, Freight>,
      failing: Record<string, Error> = {},
      more: Parameters<typeof runStep>[1] = { status: items(['f1', 'f2', 'f3']) },
    ): Promise<{ written: string[]; problems: string[] }> => {
      const written: string[] = [];
      const updateFreight: Parameters<typeof markVerified>[0]['updateFreight'] = async (_project, name, change) => {
        const freight = given[name];
        if (failing[name] !== undefined) throw failing[name];
        if (freight === undefined) throw new ApiError('NotFound', `freights "${name}" not found`);
        change((freight.status ??= {}));
        written.push(name);
      };
      const pass = await runStep(markVerified({ getFreight: (_, name) => given[name], updateFreight }), more);
      return { written, problems: pass.problems.map((problem) => (problem as Error).message) };
    };
    const all = (verified: string[] = []): Record<string, Freight> =>
      Object.fromEntries(
        ['f1', 'f2', 'f3'].map((name) => [
          name,
          someFreight(name, verified.includes(name) ? { verifiedIn: { qa: {}, up: {} } } : {}),
        ]),
      );

    it('records it on each that does not have it yet', async () => {
      const freight = all(['f2']);
      expect(await markAll(freight)).toEqual({ written: ['f1', 'f3'], problems: [] });
      expect(Object.values(freight).map(({ status }) => Object.keys(status?.verifiedIn ?? {}))).toEqual([
        ['qa'],
        ['qa', 'up'],
        ['qa'],
      ]);
    });

    it('goes on where one does not exist, which is a problem', async () => {
      const { f2: _, ...others } = all();
      const { written, problems } = await markAll(others);
      expect(written).toEqual(['f1', 'f3']);
      expect(problems).toEqual([expect.stringContaining('Freight f2, which is in Stage qa, does not exist')]);
    });

    it('fails where one cannot be written', async () => {
      await expect(markAll(all(), { f2: new Error('disk full') })).rejects.toThrow('disk full');
    });

    it.each([
      ['RevokeVerified', 'Failed', []],
      ['RevokeVerified', 'Error', ['f1', 'f2', 'f3']],
      ['RevokeVerified', 'Aborted', ['f1', 'f2', 'f3']],
      ['RevokeVerified', 'Inconclusive', ['f1', 'f2', 'f3']],
      ['RevokeVerified', 'Running', ['f1', 'f2', 'f3']],
      ['KeepVerified', 'Failed', ['f1', 'f2', 'f3']],
      [undefined, 'Failed', ['f1', 'f2', 'f3']],
    ] as const)('with onFailure %s a verification that is %s leaves it on %j', async (onFailure, phase, left) => {
      const freight = all(['f1', 'f2', 'f3']);
      const status = items(['f1', 'f2', 'f3']);
      const latest = status.freightHistory?.[0]?.verificationHistory?.[0];
      if (latest !== undefined) latest.phase = phase;
      const stage = aStage('qa', undefined, {
        spec: { requestedFreight: [], verification: onFailure === undefined ? {} : { onFailure } },
      });
      await markAll(freight, {}, { stage, status });
      const marked = Object.entries(freight).flatMap(([name, { status: of }]) =>
        of?.verifiedIn?.['qa'] === undefined ? [] : [name],
      );
      expect(marked).toEqual(left);
      expect(Object.values(freight).every(({ status: of }) => of?.verifiedIn?.['up'] !== undefined)).toBe(true);
    });
  });
});
