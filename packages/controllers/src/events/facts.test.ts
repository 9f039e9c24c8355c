import type { Promotion, VerificationInfo } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { aPromotion, aStage, someFreight } from '../availability/fixtures.ts';
import { recordDiscarded, recordPassedOn, recordPromotionCreated, recordVerification } from '../stage/stage-events.ts';
import { freightFacts, promotionFacts, verificationFacts, verificationReason } from './facts.ts';
import { EVENT_REASONS, type EventInput, type EventRecorder } from './recorder.ts';

const artifacts = {
  commits: [{ repoURL: 'https://git.acme.io/web.git', id: 'c0ffee', branch: 'main' }],
  images: [{ repoURL: 'ghcr.io/acme/web', tag: '1.0.0', digest: 'sha256:01' }],
  charts: [{ repoURL: 'oci://ghcr.io/acme/charts/web', version: '2.0.0' }],
  artifacts: [{ artifactType: 'acme', subscriptionName: 'model', version: '7' }],
};
const freight = someFreight('f1', {}, { alias: 'brave-otter', discoveredAt: '2026-01-01T00:00:00Z', ...artifacts });
const OF_FREIGHT = {
  project: 'shop',
  'freight-name': 'f1',
  'freight-alias': 'brave-otter',
  'freight-create-time': '2026-01-01T00:00:00Z',
  'freight-warehouse-name': 'app',
  'freight-commits': JSON.stringify(artifacts.commits),
  'freight-images': JSON.stringify(artifacts.images),
  'freight-charts': JSON.stringify(artifacts.charts),
  'freight-artifacts': JSON.stringify(artifacts.artifacts),
};

function promotion(annotations: Record<string, string> = {}): Promotion {
  const made = aPromotion('qa.01.f1', { freight: 'f1', created: '2026-01-02T00:00:00Z', annotations });
  const update = (apps: object[]) => ({ uses: 'argocd-update', config: { apps } });
  const steps = [
    update([{ name: 'web' }, { name: 'api', namespace: 'argo' }]),
    update([{ name: '${{ vars.app }}' }, { selector: { matchLabels: {} } }]),
    { uses: 'git-push' },
  ];
  return { ...made, spec: { ...made.spec, steps } as Promotion['spec'] };
}

describe('the facts of an event', () => {
  it('about Freight are its artifacts, where it is from and when it was found', () => {
    expect(freightFacts(freight, { stage: 'qa', actor: 'email:kim@acme.io' })).toEqual({
      ...OF_FREIGHT,
      'stage-name': 'qa',
      actor: 'email:kim@acme.io',
    });
  });

  it('leave out what is empty, but for the Stage', () => {
    const bare = someFreight('f1', {}, { metadata: { creationTimestamp: '2026-01-03T00:00:00Z' }, commits: [] });
    expect(freightFacts(bare)).toEqual({
      project: 'shop',
      'freight-name': 'f1',
      'freight-create-time': '2026-01-03T00:00:00Z',
      'freight-warehouse-name': 'app',
      'stage-name': '',
    });
  });

  it('about a Promotion are its Freight, who created it, and the Applications it updates as far as they are named', () => {
    const annotations = { 'kargo.akuity.io/create-actor': 'email:kim@acme.io', 'kargo.akuity.io/rollback': 'true' };
    const own = {
      actor: 'email:kim@acme.io',
      'promotion-name': 'qa.01.f1',
      'promotion-create-time': '2026-01-02T00:00:00Z',
      'stage-name': 'qa',
      applications: '[{"Namespace":"argocd","Name":"web"},{"Namespace":"argo","Name":"api"}]',
      rollback: 'true',
    };
    expect(promotionFacts(promotion(annotations), { freight, verificationPending: true })).toEqual({
      ...OF_FREIGHT,
      ...own,
      'verification-pending': 'true',
    });
    expect(promotionFacts(promotion(annotations), { actor: 'email:sam@acme.io' })).toEqual({
      ...own,
      project: 'shop',
      'freight-name': 'f1',
      actor: 'email:sam@acme.io',
    });
  });

  it('about a verification are when it was, what ran, and who asked for it', () => {
    const verification: VerificationInfo = {
      id: 'v1',
      phase: 'Successful',
      startTime: '2026-01-02T00:00:00Z',
      finishTime: '2026-01-02T00:10:00Z',
      analysisRun: { namespace: 'shop', name: 'qa.01.c', phase: 'Successful' },
    };
    const told = (more: Partial<VerificationInfo> = {}) =>
      verificationFacts(freight, {
        stage: 'qa',
        verification: { ...verification, ...more },
        promotion: 'qa.01.f1',
        actor: 'controller:stage-controller',
      });
    expect(told()).toEqual({
      ...OF_FREIGHT,
      'stage-name': 'qa',
      actor: 'controller:stage-controller',
      'promotion-name': 'qa.01.f1',
      'analysis-run-name': 'qa.01.c',
      'verification-start-time': '2026-01-02T00:00:00Z',
      'verification-finish-time': '2026-01-02T00:10:00Z',
    });
    expect(told({ actor: 'email:kim@acme.io' })['actor']).toBe('email:kim@acme.io');
  });
});

describe('the end of a verification is told as', () => {
  it.each([
    ['Successful', 'FreightVerificationSucceeded'],
    ['Failed', 'FreightVerificationFailed'],
    ['Error', 'FreightVerificationErrored'],
    ['Aborted', 'FreightVerificationAborted'],
    ['Inconclusive', 'FreightVerificationInconclusive'],
    ['Surprising', 'FreightVerificationUnknown'],
    [undefined, 'FreightVerificationUnknown'],
  ])('%s: %s', (phase, reason) => {
    expect(verificationReason(phase)).toBe(reason);
    expect(EVENT_REASONS).toContain(reason);
  });
});

describe('what controllers tell', () => {
  const told: EventInput[] = [];
  const recorder: EventRecorder = { record: async (event) => void told.push(event) };
  const last = async (telling: Promise<void>): Promise<EventInput | undefined> => (await telling, told.at(-1));

  it('names the object, and links to the other that it is about', async () => {
    const stage = aStage('qa');
    const verification = { id: 'v1', phase: 'Failed', message: 'too slow', finishTime: '2026-01-02T00:10:00Z' };
    expect(await last(recordVerification(recorder, { stage, freight, verification }))).toMatchObject({
      about: { metadata: { name: 'f1' } },
      reason: 'FreightVerificationFailed',
      message: 'Verification of Freight f1 in Stage qa ended Failed: too slow',
      related: { kind: { kind: 'Stage' }, name: 'qa' },
      at: '2026-01-02T00:10:00Z',
      occurrence: 'qa/v1',
    });
    expect(await last(recordPassedOn(recorder, stage, freight, '2026-01-02T00:00:00Z'))).toMatchObject({
      reason: 'FreightVerificationSucceeded',
      facts: { 'verification-start-time': '2026-01-02T00:00:00Z', 'verification-finish-time': '2026-01-02T00:00:00Z' },
      related: { kind: { kind: 'Stage' }, name: 'qa' },
    });
    expect(await last(recordPromotionCreated(recorder, promotion(), freight))).toMatchObject({
      about: { metadata: { name: 'qa.01.f1' } },
      reason: 'PromotionCreated',
      facts: { actor: 'controller:stage-controller' },
      related: { kind: { kind: 'Freight' }, name: 'f1' },
    });
    const superseded = { ...promotion(), status: { phase: 'Aborted', supersededBy: 'qa.02.f2', message: 'overtaken' } };
    expect(await last(recordDiscarded(recorder, superseded, freight))).toMatchObject({
      reason: 'PromotionDiscarded',
      message: 'overtaken',
      related: { kind: { kind: 'Promotion' }, name: 'qa.02.f2' },
    });
  });
});
