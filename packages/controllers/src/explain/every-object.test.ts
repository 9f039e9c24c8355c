/** Whatever state objects are in, with or without controllers in this process: whoever asks gets a whole answer. */
import type { Freight, ProjectConfig, Promotion, Stage, VerificationInfo, Warehouse } from '@kargo/api';
import { seededRandom, type SeededRandom } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { explainFreight, explainPromotion, explainStage, explainWarehouse, shortcomings, type Explanation } from './index.ts';

const NOW = Date.parse('2026-01-02T12:00:00Z');
const API = 'kargo.akuity.io/v1alpha1';
const ORIGIN = { kind: 'Warehouse', name: 'web' } as const;
const at = (minutes: number): string => new Date(NOW + minutes * 60_000).toISOString().replace('.000Z', 'Z');

const condition = (type: string, status: string, message = `${type} is ${status}`) =>
  ({ type, status, reason: type, message, lastTransitionTime: at(-60) }) as const;

interface Project {
  stages: Stage[];
  freight: Freight[];
  promotions: Promotion[];
  warehouse: Warehouse;
  config: ProjectConfig | undefined;
}

/** A Project in the midst of things: some of it could not even come about. */
function aProject(random: SeededRandom): Project {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random.next() * choices.length)] as T;
  const happens = (chance: number): boolean => random.next() < chance;
  const meta = (name: string) => ({ namespace: 'shop', name });
  const names = ['f1', 'f2', 'f3'];
  const stageNames = ['test', 'gate', 'prod'];
  const freight = names.map((name, index): Freight => {
    const status: NonNullable<Freight['status']> = {};
    for (const stage of stageNames) {
      if (happens(0.4))
        status.verifiedIn = {
          ...status.verifiedIn,
          [stage]: { verifiedAt: at(-30), ...(happens(0.3) ? { longestSoak: '20m' } : {}) },
        };
      if (happens(0.3)) status.currentlyIn = { ...status.currentlyIn, [stage]: { since: at(-pick([1, 10, 90])) } };
      if (happens(0.1)) status.approvedFor = { ...status.approvedFor, [stage]: { approvedAt: at(-5) } };
    }
    const alias = happens(0.5) ? { alias: `alias-${name}` } : {};
    return {
      apiVersion: API,
      kind: 'Freight',
      metadata: meta(name),
      ...alias,
      discoveredAt: at(-100 + index),
      origin: ORIGIN,
      status,
    };
  });
  const promotions = ['p1', 'p2', 'p3', 'p4'].map((name): Promotion => {
    const phase = pick(['', 'Pending', 'Pending', 'Running', 'Succeeded', 'Failed', 'Errored', 'Aborted']);
    const retry = pick([undefined, { timeout: '1h' }, { timeout: 'soon' }]);
    const entry = pick([
      undefined,
      { alias: 'step-1', startedAt: at(-1) },
      { alias: 'step-1', status: 'Errored', errorCount: 2, message: 'refused' },
    ]);
    return {
      apiVersion: API,
      kind: 'Promotion',
      metadata: meta(name),
      spec: {
        stage: pick([...stageNames, 'gone']),
        freight: pick([...names, 'gone']),
        steps: [{ uses: 'git-clone', ...(retry === undefined ? {} : { retry }) }, { uses: 'git-push' }],
      },
      ...(phase === ''
        ? {}
        : { status: { phase, currentStep: pick([0, 1]), ...(entry === undefined ? {} : { stepExecutionMetadata: [entry] }) } }),
    } as Promotion;
  });
  const stages = stageNames.map((name): Stage => {
    const sources = pick<Stage['spec']['requestedFreight'][number]['sources']>([
      { direct: true },
      { stages: ['test'] },
      { stages: ['test', 'gate'], availabilityStrategy: 'All', requiredSoakTime: '15m' },
      { stages: ['test'], requiredSoakTime: '1h', autoPromotionOptions: { selectionPolicy: 'MatchUpstream' } },
      { stages: [] },
    ]);
    const verification = pick<VerificationInfo[]>([
      [],
      ...['Pending', 'Running', 'Successful', 'Failed', 'Error', 'Aborted', 'Inconclusive'].map((phase) => [
        { id: 'v', phase } as VerificationInfo,
      ]),
    ]);
    const history = happens(0.7)
      ? {
          freightHistory: [
            { id: 'c', items: { 'Warehouse/web': { name: pick(names), origin: ORIGIN } }, verificationHistory: verification },
          ],
        }
      : {};
    const last = pick(promotions);
    const status = {
      phase: pick([undefined, 'Pending', 'Promoting', 'Verifying', 'Steady', 'Failed', 'Unhealthy']),
      conditions: [
        condition('Ready', pick(['True', 'False'])),
        condition('Healthy', pick(['True', 'False', 'Unknown'])),
        condition('Verified', pick(['True', 'False', 'Unknown'])),
      ].filter(() => happens(0.8)),
      ...history,
      ...(happens(0.3) ? { currentPromotion: { name: pick(promotions).metadata.name ?? '' } } : {}),
      ...(happens(0.6)
        ? {
            lastPromotion: {
              name: last.metadata.name ?? '',
              freight: { name: 'f1', origin: ORIGIN },
              status: { phase: pick(['Succeeded', 'Failed', 'Errored', 'Aborted']) },
            },
          }
        : {}),
      ...(happens(0.2)
        ? { effectiveAutoPromotionHolds: { 'Warehouse/web': { freightName: 'f1', promotionName: 'p1', origin: ORIGIN } } }
        : {}),
    } as Stage['status'];
    const steps = happens(name === 'gate' ? 0.1 : 0.9) ? { promotionTemplate: { spec: { steps: [{ uses: 'git-clone' }] } } } : {};
    const leaving = happens(0.05) ? { deletionTimestamp: at(-1) } : {};
    return {
      apiVersion: API,
      kind: 'Stage',
      metadata: { ...meta(name), ...leaving },
      spec: { requestedFreight: [{ origin: ORIGIN, sources }], ...steps },
      ...(happens(0.9) ? { status } : {}),
    };
  });
  const discovered = pick([
    undefined,
    {},
    {
      discoveredAt: at(-2),
      images: [{ repoURL: 'r.example.org/web', references: happens(0.5) ? [] : [{ tag: '1', digest: 'sha256:1' }] }],
    },
  ]);
  const warehouse = {
    apiVersion: API,
    kind: 'Warehouse',
    metadata: meta('web'),
    spec: { interval: pick([undefined, '5m0s', '1h']), subscriptions: [], freightCreationPolicy: pick(['Automatic', 'Manual']) },
    status: {
      conditions: [
        condition('Ready', pick(['True', 'False'])),
        condition('Healthy', pick(['True', 'False', 'Unknown'])),
        condition('FreightCreationCriteriaSatisfied', pick(['True', 'False'])),
      ].filter(() => happens(0.7)),
      ...(discovered === undefined ? {} : { discoveredArtifacts: discovered }),
    },
  } as unknown as Warehouse;
  const config: ProjectConfig | undefined = happens(0.5)
    ? {
        apiVersion: API,
        kind: 'ProjectConfig',
        metadata: meta('shop'),
        spec: { promotionPolicies: [{ stageSelector: {}, autoPromotionEnabled: happens(0.8) }] },
      }
    : undefined;
  return { stages, freight, promotions, warehouse, config };
}

function answersOf({ stages, freight, promotions, warehouse, config }: Project): Explanation[] {
  const waitsOf = () => [];
  return [
    explainWarehouse({ warehouse, waitsOf }),
    ...freight.map((each) => explainFreight(each, stages, NOW)),
    ...stages.map((stage) =>
      explainStage({
        stage,
        freight,
        promotions: promotions.filter(({ spec }) => spec.stage === stage.metadata.name),
        projectConfig: config,
        waitsOf,
        now: NOW,
      }),
    ),
    ...promotions.map((promotion) =>
      explainPromotion({
        promotion,
        stage: stages.find(({ metadata }) => metadata.name === promotion.spec.stage),
        freight: freight.find(({ metadata }) => metadata.name === promotion.spec.freight),
        siblings: promotions.filter(({ spec }) => spec.stage === promotion.spec.stage),
        waitsOf,
        now: NOW,
      }),
    ),
  ];
}

/** Whether an object has something before it that it cannot be said to have reached. */
function isUnfinished({ kind, name }: Explanation, { promotions, stages }: Project): boolean {
  if (kind === 'Promotion')
    return ['', 'Pending', 'Running'].includes(promotions.find(({ metadata }) => metadata.name === name)?.status?.phase ?? '');
  if (kind !== 'Stage') return false;
  // A Stage without steps runs nothing; what was to be promoted there says so itself.
  const { metadata, status, spec: own } = stages.find((stage) => stage.metadata.name === name) ?? {};
  if (own?.promotionTemplate === undefined) return metadata?.deletionTimestamp !== undefined;
  return (
    metadata?.deletionTimestamp !== undefined ||
    status?.currentPromotion !== undefined ||
    promotions.some(({ spec, status: of }) => spec.stage === name && ['', 'Pending', 'Running'].includes(of?.phase ?? ''))
  );
}

describe('every object that is unfinished', () => {
  it('has an answer that says what would move it, who can, and when at the earliest, whatever state it is in', () => {
    const standings = new Set<string>();
    for (let seed = 0; seed < 1500; seed++) {
      const project = aProject(seededRandom(`explain ${seed}`));
      for (const answer of answersOf(project)) {
        standings.add(`${answer.kind} ${answer.standing}`);
        expect({ seed, answer, lacks: shortcomings(answer) }).toEqual({ seed, answer, lacks: [] });
        // Where no controller of this process knows better, the states of the objects alone tell.
        if (isUnfinished(answer, project)) {
          expect([seed, answer.name, answer.standing]).not.toEqual([seed, answer.name, 'settled']);
          expect([seed, answer.name, answer.triggers.length + answer.actions.length]).not.toEqual([seed, answer.name, 0]);
        }
      }
    }
    expect([...standings].toSorted()).toEqual([
      'Freight settled',
      'Freight waiting',
      'Promotion moving',
      'Promotion settled',
      'Promotion waiting',
      'Stage moving',
      'Stage settled',
      'Stage stuck',
      'Stage waiting',
      'Warehouse moving',
      'Warehouse settled',
      'Warehouse stuck',
    ]);
  });
});
