import type { Freight, StageStatus } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { someFreight } from '../availability/fixtures.ts';
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

describe('recording that Freight is verified', () => {
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
});
