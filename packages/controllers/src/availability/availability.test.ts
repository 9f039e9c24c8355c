import type { Freight } from '@kargo/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availabilityMessage, availableFreight, isFreightAvailable, nextAvailabilityChange } from './availability.ts';
import { aStage, someFreight, type RequestInput } from './fixtures.ts';

const HOUR = 3_600_000;
const now = Date.parse('2026-01-01T12:00:00Z');
const ago = (hours: number): string => new Date(now - hours * HOUR).toISOString();

const verified = (longestSoak?: string): NonNullable<Freight['status']>['verifiedIn'] => ({
  up: { verifiedAt: ago(9), ...(longestSoak === undefined ? {} : { longestSoak }) },
});

describe('whether Freight is available to a Stage', () => {
  const cases: { name: string; sources: RequestInput; status?: Freight['status']; want: object }[] = [
    { name: '[S05] direct: at once', sources: { direct: true }, want: { available: true, via: 'direct' } },
    {
      name: '[S06] from upstream Stages: not before it is verified in one of them',
      sources: { stages: ['up', 'other'] },
      status: { currentlyIn: { up: { since: ago(1) } } },
      want: {
        available: false,
        reasons: [
          { code: 'NotVerified', upstream: 'up' },
          { code: 'NotVerified', upstream: 'other' },
        ],
      },
    },
    {
      name: '[S06] from upstream Stages: once verified in at least one of them',
      sources: { stages: ['other', 'up'] },
      status: { verifiedIn: verified() },
      want: { available: true, via: 'upstream', upstreams: ['up'] },
    },
    {
      name: 'verification in a Stage that is no source does not count',
      sources: { stages: ['other'] },
      status: { verifiedIn: verified() },
      want: { available: false, reasons: [{ code: 'NotVerified', upstream: 'other' }] },
    },
    {
      name: '[S07] approved by hand: without verification',
      sources: { stages: ['up'], requiredSoakTime: '2h' },
      status: { approvedFor: { qa: { approvedAt: ago(0) } } },
      want: { available: true, via: 'approval' },
    },
    {
      name: 'approval for another Stage does not count',
      sources: { stages: ['up'] },
      status: { approvedFor: { prod: {} } },
      want: { available: false },
    },
    {
      name: 'approval cannot replace that the Stage requests the origin',
      sources: { direct: true, origin: 'other' },
      status: { approvedFor: { qa: {} } },
      want: { available: false, reasons: [{ code: 'OriginNotRequested' }] },
    },
    { name: 'no sources at all', sources: {}, want: { available: false, reasons: [{ code: 'NoSources' }] } },
    {
      name: 'All with no upstream Stages: none are none',
      sources: { stages: [], availabilityStrategy: 'All' },
      status: { verifiedIn: verified() },
      want: { available: false, reasons: [{ code: 'NoSources' }] },
    },
    {
      name: 'All: one upstream Stage is missing',
      sources: { stages: ['up', 'other'], availabilityStrategy: 'All' },
      status: { verifiedIn: verified() },
      want: { available: false, reasons: [{ code: 'NotVerified', upstream: 'other' }] },
    },
    {
      name: 'All: verification elsewhere does no harm',
      sources: { stages: ['up'], availabilityStrategy: 'All', requiredSoakTime: '1h' },
      status: { verifiedIn: { ...verified('2h'), elsewhere: { longestSoak: '3h' } } },
      want: { available: true, via: 'upstream', upstreams: ['up'] },
    },
    {
      name: 'soak: the stay that goes on counts from arrival, and its end is known',
      sources: { stages: ['up'], requiredSoakTime: '2h' },
      status: { verifiedIn: verified(), currentlyIn: { up: { since: ago(1.5) } } },
      want: { available: false, reasons: [{ code: 'Soaking', upstream: 'up' }], nextChange: now + 0.5 * HOUR },
    },
    {
      name: 'soak: exactly long enough',
      sources: { stages: ['up'], requiredSoakTime: '2h' },
      status: { verifiedIn: verified(), currentlyIn: { up: { since: ago(2) } } },
      want: { available: true },
    },
    {
      name: 'soak: the longest stay that ended counts',
      sources: { stages: ['up'], requiredSoakTime: '2h' },
      status: { verifiedIn: verified('2h5m'), currentlyIn: { up: { since: ago(0.1) } } },
      want: { available: true },
    },
    {
      name: 'soak: left too early, and time alone will not help',
      sources: { stages: ['up'], requiredSoakTime: '2h' },
      status: { verifiedIn: verified('1h59m59.9s') },
      want: { available: false, reasons: [{ code: 'LeftTooEarly', upstream: 'up' }] },
    },
    {
      name: 'soak: being there without being verified is no dwell',
      sources: { stages: ['up'], requiredSoakTime: '1s' },
      status: { currentlyIn: { up: { since: ago(9) } } },
      want: { available: false, reasons: [{ code: 'NotVerified', upstream: 'up' }] },
    },
    {
      name: 'soak with OneOf: soaking in a Stage that is no source does not count',
      sources: { stages: ['up'], requiredSoakTime: '2h' },
      status: { verifiedIn: { ...verified('1h'), elsewhere: { longestSoak: '9h' } } },
      want: { available: false, reasons: [{ code: 'LeftTooEarly', upstream: 'up' }] },
    },
    {
      name: 'All with soak: the last of the upstream Stages decides when',
      sources: { stages: ['up', 'other'], availabilityStrategy: 'All', requiredSoakTime: '2h' },
      status: {
        verifiedIn: { ...verified(), other: {} },
        currentlyIn: { up: { since: ago(1.5) }, other: { since: ago(1) } },
      },
      want: { available: false, nextChange: now + HOUR },
    },
    {
      name: 'a Stage called like a built-in property is nothing special',
      sources: { stages: ['constructor'] },
      want: { available: false, reasons: [{ code: 'NotVerified', upstream: 'constructor' }] },
    },
  ];

  it.each(cases)('$name', ({ sources, status, want }) => {
    expect(isFreightAvailable(aStage('qa', [sources]), someFreight('f1', status), now)).toMatchObject(want);
  });

  it('never across Projects', () => {
    const foreign = someFreight('f1', {}, { metadata: { namespace: 'other', name: 'f1' } });
    expect(isFreightAvailable(aStage('qa'), foreign, now)).toMatchObject({ reasons: [{ code: 'DifferentProject' }] });
  });

  it('[S08] each origin has its own sources', () => {
    const stage = aStage('qa', [
      { origin: 'a', direct: true },
      { origin: 'b', stages: ['up'] },
    ]);
    const list = [
      someFreight('fa', {}, { from: 'a' }),
      someFreight('fb', {}, { from: 'b' }),
      someFreight('fc', {}, { from: 'c' }),
    ];
    expect(availableFreight(stage, list, now).map(({ metadata }) => metadata.name)).toEqual(['fa']);
  });

  it('tells people what is missing', () => {
    const stage = aStage('qa', [{ stages: ['up', 'other'], requiredSoakTime: '2h', availabilityStrategy: 'All' }]);
    const freight = someFreight('f1', { verifiedIn: verified(), currentlyIn: { up: { since: ago(1) } } });
    expect(availabilityMessage(isFreightAvailable(stage, freight, now))).toBe(
      'verified in Stage up, but not yet there for 2h; not verified in Stage other',
    );
  });
});

const names = ['up', 'other', 'third'] as const;
const hours = fc.integer({ min: 0, max: 10 });
const someStatus: fc.Arbitrary<Freight['status']> = fc.record({
  verifiedIn: fc.dictionary(fc.constantFrom(...names), fc.record({ longestSoak: hours.map((h) => `${h}h`) })),
  currentlyIn: fc.dictionary(fc.constantFrom(...names), fc.record({ since: hours.map(ago) })),
  approvedFor: fc.dictionary(fc.constantFrom('qa', 'prod'), fc.constant({})),
});
const someSources: fc.Arbitrary<RequestInput> = fc.record(
  {
    direct: fc.boolean(),
    stages: fc.uniqueArray(fc.constantFrom(...names)),
    requiredSoakTime: hours.map((h) => `${h}h`),
    availabilityStrategy: fc.constantFrom('All' as const, 'OneOf' as const, '' as const),
  },
  { requiredKeys: [] },
);

describe('properties of availability', () => {
  it('an announced change comes at that instant and not a millisecond before', () => {
    fc.assert(
      fc.property(someSources, someStatus, (sources, status) => {
        const [stage, freight] = [aStage('qa', [sources]), someFreight('f1', status)];
        const at = nextAvailabilityChange(stage, [freight], now);
        if (at === undefined) {
          expect(isFreightAvailable(stage, freight, now).available).toBe(
            isFreightAvailable(stage, freight, now + 99 * HOUR).available,
          );
        } else {
          expect(isFreightAvailable(stage, freight, at - 1).available).toBe(false);
          expect(isFreightAvailable(stage, freight, at).available).toBe(true);
        }
      }),
    );
  });

  it('is never lost by waiting, by approval or by one more verification', () => {
    fc.assert(
      fc.property(someSources, someStatus, fc.constantFrom(...names), hours, (sources, status, extra, later) => {
        const stage = aStage('qa', [sources]);
        const before = isFreightAvailable(stage, someFreight('f1', status), now).available;
        if (!before) return;
        const verifiedIn = { ...status?.verifiedIn, [extra]: { longestSoak: '99h' } };
        expect(isFreightAvailable(stage, someFreight('f1', status), now + later * HOUR).available).toBe(true);
        expect(isFreightAvailable(stage, someFreight('f1', { ...status, verifiedIn }), now).available).toBe(true);
        expect(isFreightAvailable(stage, someFreight('f1', { ...status, approvedFor: { qa: {} } }), now).available).toBe(true);
      }),
    );
  });

  it('All is never more generous than OneOf', () => {
    fc.assert(
      fc.property(someSources, someStatus, (sources, status) => {
        const freight = someFreight('f1', status);
        const all = isFreightAvailable(aStage('qa', [{ ...sources, availabilityStrategy: 'All' }]), freight, now).available;
        const one = isFreightAvailable(aStage('qa', [{ ...sources, availabilityStrategy: 'OneOf' }]), freight, now).available;
        expect(!all || one).toBe(true);
      }),
    );
  });

  it('the listing agrees with the predicate', () => {
    fc.assert(
      fc.property(someSources, fc.array(someStatus, { maxLength: 5 }), (sources, statuses) => {
        const stage = aStage('qa', [sources]);
        const list = statuses.map((status, i) => someFreight(`f${i}`, status));
        const want = list.filter((freight) => isFreightAvailable(stage, freight, now).available);
        expect(availableFreight(stage, [...list, ...list], now)).toEqual(want);
      }),
    );
  });
});
