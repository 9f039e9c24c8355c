/** What the seed document shows is accepted as it is written there. */
import { AnalysisTemplate, type KubeObject, Stage } from '@kargo/api';
import { StepChecker, stepRegistry } from '@kargo/promotion';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  analysisTemplate,
  microservicesStage,
  promotionTemplate,
  testStage,
  uatStage,
  verification,
  verificationOptions,
} from '../../../../test/e2e/document.ts';
import { admissionWorld, type AdmissionWorld } from './testing/admission-world.ts';

let world: AdmissionWorld;
beforeEach(async () => {
  world = await admissionWorld({
    checker: new StepChecker(stepRegistry()),
    steps: new Set([
      'git-clone',
      'git-clear',
      'kustomize-set-image',
      'kustomize-build',
      'git-commit',
      'git-push',
      'argocd-update',
    ]),
  });
});
afterEach(() => world.close());

const parsed = <T extends KubeObject>(manifest: string): T => {
  const object = parse(manifest) as T;
  return { ...object, metadata: { ...object.metadata, namespace: 'shop' } };
};

describe('the document’s manifests are accepted as written', () => {
  it.each([
    ['[S05] a Stage that takes Freight from its origin', testStage],
    ['[S06] a Stage with an upstream', uatStage],
    ['[S09] a Stage of two microservices', microservicesStage],
    ['[S10] the promotion template', testStage + promotionTemplate],
    ['[S20] a verification with metadata and arguments', testStage + verification + verificationOptions],
  ])('%s', async (_, manifest) => {
    const sent = parsed<Stage>(manifest);
    const created = await world.kim.create(Stage, sent, { fieldValidation: 'Strict' });
    expect(created.spec).toEqual(sent.spec);
  });

  it('[S24] the AnalysisTemplate with a job whose metadata is null', async () => {
    const sent = parsed<AnalysisTemplate>(analysisTemplate);
    const created = await world.kim.create(AnalysisTemplate, sent, { fieldValidation: 'Strict' });
    expect((created as KubeObject & { spec: unknown }).spec).toEqual(sent.spec);
  });
});
