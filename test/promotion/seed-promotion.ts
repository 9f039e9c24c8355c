/** The promotion template of "Working with Stages", word for word. */
import type { PromotionStep, Variable } from '@kargo/api';
import { parse } from 'yaml';

const TEMPLATE = `
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

export const seedTemplate = parse(TEMPLATE) as { vars: Variable[]; steps: PromotionStep[] };

export const REPOSITORY = 'https://github.com/example/repo.git';
export const IMAGE = 'public.ecr.aws/nginx/nginx';

/** What the repository of the template holds. */
export const seedFiles: Readonly<Record<string, string>> = {
  'base/kustomization.yaml': `resources:\n- deployment.yaml\nimages:\n- name: ${IMAGE} # the server\n  newTag: 1.26.0\n`,
  'base/deployment.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: kargo-demo\nspec:\n  template:\n    spec:\n      containers:\n      - name: nginx\n        image: ${IMAGE}\n`,
  'stages/test/kustomization.yaml': 'namespace: kargo-demo-test\nresources:\n- ../../base\n',
};
