/** What the seed document shows is accepted as it is written there. */
import { AnalysisTemplate, apiVersionOf, type KubeObject, Stage } from '@kargo/api';
import { StepChecker, stepRegistry } from '@kargo/promotion';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
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

const stageOf = (name: string, spec: string): Stage => ({
  apiVersion: apiVersionOf(Stage),
  kind: 'Stage',
  metadata: { name, namespace: 'shop' },
  spec: parse(spec) as Stage['spec'],
});

const TEST = `
requestedFreight:
- origin:
    kind: Warehouse
    name: my-warehouse
  sources:
    direct: true
`;
const UAT = `
requestedFreight:
- origin:
    kind: Warehouse
    name: my-warehouse
  sources:
    stages:
    - test
`;
const SERVICES = `
requestedFreight:
- origin:
    kind: Warehouse
    name: microservice-a
  sources:
    direct: true
- origin:
    kind: Warehouse
    name: microservice-b
  sources:
    direct: true
`;
const TEMPLATE = `${TEST}
promotionTemplate:
  spec:
    vars:
    - name: gitopsRepo
      value: https://github.com/example/repo.git
    - name: imageRepo
      value: public.ecr.aws/nginx/nginx
    - name: srcPath
      value: ./src
    - name: outPath
      value: ./out
    - name: targetBranch
      value: stage/\${{ ctx.stage }}
    steps:
    - uses: git-clone
      config:
        repoURL: \${{ vars.gitopsRepo }}
        checkout:
        - branch: main
          path: \${{ vars.srcPath }}
        - branch: stage/\${{ ctx.stage }}
          create: true
          path: \${{ vars.outPath }}
    - uses: git-clear
      config:
        path: \${{ vars.outPath }}
    - uses: kustomize-set-image
      as: update-image
      config:
        path: \${{ vars.srcPath }}/base
        images:
        - image: \${{ vars.imageRepo }}
    - uses: kustomize-build
      config:
        path: \${{ vars.srcPath }}/stages/\${{ ctx.stage }}
        outPath: \${{ vars.outPath }}/manifests.yaml
    - uses: git-commit
      as: commit
      config:
        path: \${{ vars.outPath }}
        messageFromSteps:
        - update-image
    - uses: git-push
      config:
        path: \${{ vars.outPath }}
        branch: \${{ vars.targetBranch }}
    - uses: argocd-update
      config:
        apps:
        - name: kargo-demo-\${{ ctx.stage }}
          sources:
          - repoURL: \${{ vars.gitopsRepo }}
            desiredRevision: \${{ outputs.commit.commit }}
`;
const VERIFIED = `${TEST}
verification:
  analysisTemplates:
  - name: kargo-demo
  analysisRunMetadata:
    labels:
      foo: bar
    annotations:
      bat: baz
  args:
  - name: foo
    value: bar
`;

describe('the document’s manifests are accepted as written', () => {
  it.each([
    ['[S05] a Stage that takes Freight from its origin', TEST],
    ['[S06] a Stage with an upstream', UAT],
    ['[S09] a Stage of two microservices', SERVICES],
    ['[S10] the promotion template', TEMPLATE],
    ['[S20] a verification with metadata and arguments', VERIFIED],
  ])('%s', async (_, spec) => {
    const sent = stageOf(spec === UAT ? 'uat' : 'test', spec);
    const created = await world.kim.create(Stage, sent, { fieldValidation: 'Strict' });
    expect(created.spec).toEqual(sent.spec);
  });

  it('[S24] the AnalysisTemplate with a job whose metadata is null', async () => {
    const manifest = parse(`
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: kargo-demo
  namespace: shop
spec:
  metrics:
  - name: test
    provider:
      job:
        metadata:
        spec:
          backoffLimit: 1
          template:
            spec:
              containers:
              - name: test
                image: alpine:latest
                command:
                - sleep
                - "10"
              restartPolicy: Never
`) as AnalysisTemplate;
    const created = await world.kim.create(AnalysisTemplate, manifest, { fieldValidation: 'Strict' });
    expect((created as KubeObject & { spec: unknown }).spec).toEqual(manifest.spec);
  });
});
