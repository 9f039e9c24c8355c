import type { Freight } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { autoPromotionCandidate } from './candidate.ts';
import { aStage, someFreight, type RequestInput } from './fixtures.ts';

const now = Date.parse('2026-01-01T12:00:00Z');
const old = { discoveredAt: '2026-01-01T10:00:00Z' };
const young = { discoveredAt: '2026-01-01T11:00:00Z' };
const match: RequestInput = { stages: ['up'], autoPromotionOptions: { selectionPolicy: 'MatchUpstream' } };
const inUp = { verifiedIn: { up: {} }, currentlyIn: { up: { since: '2026-01-01T11:30:00Z' } } };

describe('the candidate of auto-promotion', () => {
  const cases: { name: string; sources?: RequestInput; freight: Freight[]; want: string }[] = [
    { name: 'is the Freight discovered last', freight: [someFreight('b', {}, old), someFreight('a', {}, young)], want: 'a' },
    {
      name: 'is the greater name of two discovered at once',
      freight: [someFreight('b', {}, young), someFreight('a', {}, young)],
      want: 'b',
    },
    {
      name: 'is found by creation where discovery is unknown',
      freight: [
        someFreight('b', {}, old),
        someFreight('a', {}, { metadata: { namespace: 'shop', name: 'a', creationTimestamp: young.discoveredAt } }),
      ],
      want: 'a',
    },
    { name: 'is never Freight of another origin', freight: [someFreight('a', {}, { from: 'other' })], want: 'NothingAvailable' },
    {
      name: 'MatchUpstream: what is in the upstream Stage',
      sources: match,
      freight: [someFreight('a', inUp, old), someFreight('b', { verifiedIn: { up: {} } }, young)],
      want: 'a',
    },
    {
      name: 'MatchUpstream: none while two are there',
      sources: match,
      freight: [someFreight('a', inUp), someFreight('b', inUp)],
      want: 'SeveralUpstream',
    },
    {
      name: 'MatchUpstream: nothing there',
      sources: match,
      freight: [someFreight('a', { approvedFor: { qa: {} } })],
      want: 'NothingAvailable',
    },
    {
      name: 'MatchUpstream: an approval elsewhere does not get in the way',
      sources: match,
      freight: [someFreight('a', inUp), someFreight('b', { approvedFor: { qa: {} } }, young)],
      want: 'a',
    },
  ];
  it.each(cases)('$name', ({ sources = { direct: true }, freight, want }) => {
    const answer = autoPromotionCandidate(aStage('qa', [sources]), 'Warehouse/app', freight, now);
    expect(answer.kind === 'candidate' ? answer.freight.metadata.name : answer.reason).toBe(want);
  });

  it('says when time alone brings a newer one', () => {
    const stage = aStage('qa', [{ stages: ['up'], requiredSoakTime: '1h' }]);
    expect(autoPromotionCandidate(stage, 'Warehouse/app', [someFreight('a', inUp)], now)).toMatchObject({
      kind: 'none',
      nextChange: Date.parse('2026-01-01T12:30:00Z'),
    });
  });

  it('needs an origin that the Stage requests', () => {
    expect(autoPromotionCandidate(aStage('qa'), 'Warehouse/x', [], now)).toMatchObject({ reason: 'OriginNotRequested' });
  });
});
