import { describe, expect, it } from 'vitest';
import {
  collectionId,
  collectionIncludes,
  newFreightCollection,
  pushCollection,
  pushVerification,
  upsertFreight,
} from './freight-collection.ts';
import { parseOriginKey } from './origin.ts';
import { analysisRunName, promotionName } from './promotion-name.ts';
import { receiverPath } from './receiver-path.ts';
import { shorten } from './shorten.ts';
import { ulidGenerator } from './ulid.ts';

const u = '01k5c9r1x7e8m2n4p6q8s0t2v4';

describe('long texts are shortened with a hash', () => {
  const cases: [given: string, max: number, want: string, fits: boolean][] = [
    ['a'.repeat(63), 63, 'a'.repeat(63), true],
    ['a'.repeat(64), 63, `${'a'.repeat(54)}-ffe054fe`, true],
    [`${'a'.repeat(50)}----${'b'.repeat(20)}`, 63, `${'a'.repeat(50)}-8a3df63b`, true],
    ['ab-'.repeat(30), 63, `${'ab-'.repeat(17)}ab-ddd85945`, true],
    ['é'.repeat(40), 63, `${'é'.repeat(27)}-84fe2e03`, true],
    ['-'.repeat(70), 63, '-3b4c0abf', true],
    [`Prod.Stage_${'X'.repeat(60)}`, 63, `Prod.Stage_${'X'.repeat(43)}-7c7027cb`, true],
    [`kargo-project-admin-${'p'.repeat(240)}`, 253, `kargo-project-admin-${'p'.repeat(224)}-040c0dd1`, true],
    ['abcdefghijkl', 10, 'a-d682ed4c', true],
    ['abcdefghijkl', 9, 'd682ed4c', true],
    ['abcdefghijkl', 8, 'd682ed4c', true],
    ['abcdefghijkl', 7, 'abcdefghijkl', false],
    [
      'checkout-service-production-europe-west-one-blue-green-canary-final-stage',
      63,
      'checkout-service-production-europe-west-one-blue-green-f3fbe533',
      true,
    ],
  ];
  it.each(cases)('%s to %i bytes', (given, max, value, fits) => {
    expect(shorten(given, max)).toEqual({ value, fits });
  });
});

describe('[S35] Promotions are named <stage>.<ulid>.<7 characters of the Freight>', () => {
  const f = 'abcdefgh';
  const s = (n: number): string => 's'.repeat(n);
  const cases: [stage: string, freight: string, target: string, want: string][] = [
    ['qa-eu', 'a1b2c3d4e5', '', `qa-eu.${u}.a1b2c3d`],
    ['QA.EU', 'ABC', '', `qa.eu.${u}.abc`],
    ['s', '1234567', '', `s.${u}.1234567`],
    ['stage', f, 'target', `stage.target.${u}.abcdefg`],
    [s(218), f, '', `${s(218)}.${u}.abcdefg`],
    [s(219), f, '', `${s(218)}.${u}.abcdefg`],
    [`${s(215)}-.-x`, f, '', `${s(215)}.${u}.abcdefg`],
    [`${s(217)}-.t`, f, '', `${s(217)}.${u}.abcdefg`],
    [s(100) + '.'.repeat(130), f, '', `${s(100)}.${u}.abcdefg`],
    ['', f, '', ''],
    ['s', '', '', ''],
  ];
  it.each(cases)('%s, %s', (stage, freight, target, want) => {
    const name = promotionName(stage, freight, u, target);
    expect(name).toBe(want);
    expect(name.length).toBeLessThanOrEqual(253);
  });

  it('[S35] AnalysisRuns likewise, and no long prefix leaves a separator at its end', () => {
    expect(analysisRunName('test', u, '101bca5b0e18ca79')).toBe(`test.${u}.101bca5`);
    expect(analysisRunName(`${s(215)}-.-x`, u, '101bca5b0e18ca79')).toBe(`${s(215)}.${u}.101bca5`);
  });
});

describe('ULIDs', () => {
  it('rise within a millisecond and when the clock steps back', () => {
    const times = [5000, 5000, 5000, 4000, 5001];
    const next = ulidGenerator({ now: () => times.shift() ?? 0, random: () => 0.5 });
    const made = Array.from({ length: 5 }, next);
    expect(made).toEqual(made.toSorted());
    expect(new Set(made).size).toBe(5);
    expect(made[0]).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
  });

  it('are the same for the same clock and randomness', () => {
    const generator = (): (() => string) => ulidGenerator({ now: () => 1, random: () => 0.25 });
    expect(generator()()).toBe(generator()());
  });
});

describe('receivers listen at a path that needs the secret', () => {
  const cases: [basePath: string, type: string, project: string, name: string, secret: string, want: string][] = [
    ['/', 'github', 'shop', 'gh-push', 's3cr3t', '/github/fa31a92dd44283e06823238ef1e3309dbc3434db97b7b719f03336f7f22dcacd'],
    ['', 'dockerhub', 'sho', 'pgh-push', 's3cr3t', '/dockerhub/fa31a92dd44283e06823238ef1e3309dbc3434db97b7b719f03336f7f22dcacd'],
    ['/webhooks', 'gitlab', '', 'gl', 'tok', '/webhooks/gitlab/fcc0dd0976ec03659f269d9318baeb6bb9f2c8ab6006dfa81d4302ff342bc0e6'],
    [
      '/webhooks/',
      'generic',
      'shop',
      'g1',
      'x',
      '/webhooks/generic/787019c280e343a902909d73d9cc3290c1804d58243f5e72bc2d67bc9ae19397',
    ],
    ['/a/../b', 'quay', 'shop', 'q', 'x', '/b/quay/cada55a64c80b5d337782f4ffaba6b97d50a587641cfedd1767aa87b558bab28'],
    ['', 'harbor', 'p', 'h', 'é', '/harbor/969c1b3204dcc2f4b366a290d270e17b76557508025399719d2b5af655c77377'],
    ['', 'gitea', 'shop', 'gt', '', '/gitea/f60bc7925e8f2120eb616ff13170b921df48559cdfdcb585218779e57b52bb08'],
    ['', 'bitbucket', 'shop', 'bb', 'a\n', '/bitbucket/aaad803efa9f160b8e0f123e89d69b51b54bcd1b440a7c8469499f9bc2217964'],
    ['', 'artifactory', 'shop', 'af', 'tok', '/artifactory/1eda1daa1920215b94be847b681786c2dd8b3fa909e6abb1175c9ade3a820c77'],
    ['', 'azure', 'shop', 'az', 'x', '/azure/0bec768e1cf704926f0ca5ce709a588b01e47b6ee46570d08439e1526c081b78'],
  ];
  it.each(cases)('%s %s', (basePath, type, project, name, secret, want) => {
    expect(receiverPath({ basePath, type, project, name, secret })).toBe(want);
  });
});

describe('collections of Freight', () => {
  const ref = (name: string, origin: string) => ({ name, origin: { kind: 'Warehouse' as const, name: origin } });

  it('[S35] the id depends on the names alone', () => {
    const [a, b] = ['84c0e7199089b7dc10e468812b2e635c8f321bdf', '2a5ee99e476ddf34ff57ba9408909f16f4119942'];
    expect(collectionId([a, b])).toBe('162947f4cacc664850c4fb430c8434d3206b84e1');
    expect(collectionId([b, a])).toBe('162947f4cacc664850c4fb430c8434d3206b84e1');
    expect(collectionId([a])).toBe('e07982abc38e903be9ffa43ca775218996eee677');
    expect(collectionId(['b', 'a', 'c'])).toBe('9caa91157421e243281346b0bf7a82b5200e67e2');
  });

  it('[S30] items are keyed by origin, and a newer one takes the place of an older one', () => {
    const first = newFreightCollection(ref('f1', 'app'), ref('i1', 'infra'));
    const second = upsertFreight(first, ref('f2', 'app'));
    expect(Object.keys(second.items ?? {})).toEqual(['Warehouse/app', 'Warehouse/infra']);
    expect(second.id).toBe(collectionId(['f2', 'i1']));
    expect(first.id).toBe(collectionId(['f1', 'i1']));
    expect([collectionIncludes(second, 'f1'), collectionIncludes(second, 'f2'), collectionIncludes(undefined, 'f2')]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('histories keep ten, newest first; a known verification is replaced in place', () => {
    let history = pushVerification(undefined, { id: 'v0' });
    for (let i = 1; i <= 10; i += 1) history = pushVerification(history, { id: `v${i}` });
    expect(history.map(({ id }) => id)).toEqual(['v10', 'v9', 'v8', 'v7', 'v6', 'v5', 'v4', 'v3', 'v2', 'v1']);
    expect(pushVerification(history, { id: 'v8', phase: 'Failed' })[2]).toEqual({ id: 'v8', phase: 'Failed' });
    const collection = newFreightCollection(ref('f1', 'app'));
    expect(pushCollection([collection], collection)).toHaveLength(2);
    expect(
      pushCollection(
        Array.from({ length: 10 }, () => collection),
        collection,
      ),
    ).toHaveLength(10);
  });
});

describe('origin keys', () => {
  it('are Warehouse/<name> and nothing else', () => {
    expect(parseOriginKey('Warehouse/app')).toEqual({ kind: 'Warehouse', name: 'app' });
    expect(['app', '/app', 'Warehouse/', 'Warehouse/a/b', 'Stage/app', ''].map(parseOriginKey)).toEqual(Array(6).fill(undefined));
  });
});
