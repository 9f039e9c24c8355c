import type { StageStatus, VerificationInfo } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion } from '../availability/fixtures.ts';
import { aCollection, conditionText, runStep } from './fixtures.ts';
import { nextPromotion, startPromotion } from './start-promotion.ts';

const step = startPromotion({ freightReference: (project, name) => ({ name, origin: { kind: 'Warehouse', name: project } }) });
const deployed = (phase?: string, health?: string): StageStatus => ({
  freightHistory: [aCollection('f0', phase === undefined ? undefined : [{ id: 'v', phase } as VerificationInfo])],
  ...(health === undefined ? {} : { health: { status: health } }),
});

describe('whose turn it is', () => {
  const cases: { name: string; given: [string, string?][]; want?: string }[] = [
    {
      name: 'nobody’s when all have ended',
      given: [
        ['a', 'Succeeded'],
        ['b', 'Aborted'],
      ],
    },
    { name: 'the first that was submitted', given: [['c'], ['b', 'Pending'], ['a', 'Failed']], want: 'b' },
    {
      name: 'one that runs already',
      given: [
        ['a', 'Pending'],
        ['b', 'Running'],
      ],
      want: 'b',
    },
  ];
  it.each(cases)('$name', ({ given, want }) => {
    const promotions = given.map(([name, phase]) => aPromotion(name, phase === undefined ? {} : { status: { phase } }));
    expect(nextPromotion(promotions)?.metadata.name).toBe(want);
  });
});

describe('starting the next Promotion', () => {
  const cases: { name: string; status: StageStatus; deployed?: boolean; starts: boolean }[] = [
    { name: 'at once when nothing is deployed', status: {}, starts: true },
    {
      name: 'not while a verification runs, even of an unhealthy Stage',
      status: deployed('Running', 'Unhealthy'),
      starts: false,
    },
    { name: 'not while a verification is pending', status: deployed('Pending', 'Healthy'), starts: false },
    { name: 'not before health is known', status: deployed(), starts: false },
    { name: 'not between health and verification', status: deployed(undefined, 'Healthy'), starts: false },
    { name: 'when the Stage is unhealthy and unverified', status: deployed(undefined, 'Unhealthy'), starts: true },
    { name: 'when health cannot be told', status: deployed(undefined, 'Unknown'), starts: true },
    {
      name: 'not at once when that is so because Freight has just arrived',
      status: deployed(undefined, 'Progressing'),
      deployed: true,
      starts: false,
    },
    { name: 'after a verification that failed', status: deployed('Failed', 'Healthy'), starts: true },
    { name: 'after a verification that succeeded', status: deployed('Successful', 'Healthy'), starts: true },
  ];
  it.each(cases)('$name', async ({ status, deployed: just, starts }) => {
    const pass = await runStep(
      (each) => {
        if (just === true) each.notes.deployed = true;
        return step(each);
      },
      { status, promotions: [aPromotion('a')] },
    );
    expect(pass.status.currentPromotion?.name).toBe(starts ? 'a' : undefined);
    expect(conditionText(pass, 'Promoting')).toBe(starts ? 'True/ActivePromotion' : undefined);
    expect(pass.notes.gate === undefined).toBe(starts);
  });

  it('shows what is promoted, and health says nothing meanwhile', async () => {
    const pass = await runStep(step, { promotions: [aPromotion('a')] });
    expect(pass.status.currentPromotion).toEqual({
      name: 'a',
      freight: { name: 'f1', origin: { kind: 'Warehouse', name: 'shop' } },
    });
    expect(conditionText(pass, 'Healthy')).toBe('Unknown/ActivePromotion');
  });

  it('one that runs already needs no gate', async () => {
    const pass = await runStep(step, {
      status: deployed('Running'),
      promotions: [aPromotion('a', { status: { phase: 'Running' } })],
    });
    expect(pass.status.currentPromotion?.name).toBe('a');
  });
});
