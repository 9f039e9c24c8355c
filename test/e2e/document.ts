/** The manifests of the documentation on working with Stages, as it writes them: with its own names and addresses. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const head = (kind: string, name: string, apiVersion = 'kargo.akuity.io/v1alpha1'): string => `apiVersion: ${apiVersion}
kind: ${kind}
metadata:
  name: ${name}
  namespace: kargo-demo
spec:
`;

const direct = (warehouse: string): string => `  - origin:
      kind: Warehouse
      name: ${warehouse}
    sources:
      direct: true
`;

/** A Stage that takes Freight straight from a Warehouse. */
export const testStage = `${head('Stage', 'test')}  requestedFreight:
${direct('my-warehouse')}`;

/** A Stage that takes Freight verified in another. */
export const uatStage = `${head('Stage', 'uat')}  requestedFreight:
  - origin:
      kind: Warehouse
      name: my-warehouse
    sources:
      stages:
      - test
`;

/** A Stage that takes Freight of two Warehouses. */
export const microservicesStage = `${head('Stage', 'test')}  requestedFreight:
${direct('microservice-a')}${direct('microservice-b')}`;

/** The seven steps and their variables; belongs below `spec` of a Stage. */
export const promotionTemplate = `  promotionTemplate:
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

/** Below `spec` of a Stage. */
export const verification = `  verification:
    analysisTemplates:
    - name: kargo-demo
`;

/** What may follow {@link verification}. */
export const verificationOptions = `    analysisRunMetadata:
      labels:
        foo: bar
      annotations:
        bat: baz
    args:
    - name: foo
      value: bar
`;

/** A Job in an AnalysisTemplate. */
export const analysisTemplate = `${head('AnalysisTemplate', 'kargo-demo', 'argoproj.io/v1alpha1')}  metrics:
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
`;

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Whether the documentation, which has lost its indentation, contains these lines one after another; undefined without it. */
export function isInDocument(manifest: string): boolean | undefined {
  const root = process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '../../../shared');
  const file = join(root, 'working-with-stages.txt');
  if (!existsSync(file)) {
    console.warn(`skipped: comparison with ${file}, which is absent (KARGO_SHARED names its folder)`);
    return undefined;
  }
  return lines(readFileSync(file, 'utf8')).join('\n').includes(lines(manifest).join('\n'));
}
