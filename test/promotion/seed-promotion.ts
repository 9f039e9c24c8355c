/** The promotion template of "Working with Stages", word for word. */
import type { PromotionStep, Variable } from '@kargo/api';
import { parse } from 'yaml';
import { promotionTemplate } from '../e2e/document.ts';

interface Template {
  vars: Variable[];
  steps: PromotionStep[];
}

export const seedTemplate = (parse(promotionTemplate) as { promotionTemplate: { spec: Template } }).promotionTemplate.spec;

export const REPOSITORY = 'https://github.com/example/repo.git';
export const IMAGE = 'public.ecr.aws/nginx/nginx';

/** What the repository of the template holds. */
export const seedFiles: Readonly<Record<string, string>> = {
  'base/kustomization.yaml': `resources:\n- deployment.yaml\nimages:\n- name: ${IMAGE} # the server\n  newTag: 1.26.0\n`,
  'base/deployment.yaml': `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: kargo-demo\nspec:\n  template:\n    spec:\n      containers:\n      - name: nginx\n        image: ${IMAGE}\n`,
  'stages/test/kustomization.yaml': 'namespace: kargo-demo-test\nresources:\n- ../../base\n',
};
