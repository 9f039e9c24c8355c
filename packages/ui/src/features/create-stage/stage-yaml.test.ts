import { describe, expect, it } from 'vitest';
import { stageYaml, type StageForm } from './stage-yaml.ts';

const form: StageForm = {
  name: 'uat',
  warehouse: 'web',
  direct: false,
  upstreams: ['test', 'true'],
  steps: '- uses: fail\n  config:\n    message: no\n',
  analysisTemplate: 'smoke',
};

describe('the manifest of a Stage that a form describes', () => {
  it('has sources, steps and verification', () => {
    expect(stageYaml('shop', form)).toBe(`apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: uat
  namespace: shop
spec:
  requestedFreight:
    - origin:
        kind: Warehouse
        name: web
      sources:
        stages:
          - test
          - "true"
  promotionTemplate:
    spec:
      steps:
        - uses: fail
          config:
            message: no
  verification:
    analysisTemplates:
      - name: smoke
`);
  });

  it('leaves out what was left empty', () => {
    const text = stageYaml('shop', { ...form, direct: true, steps: '', analysisTemplate: '' });
    expect(text).toContain('direct: true');
    expect(text).not.toContain('promotionTemplate');
    expect(text).not.toContain('verification');
  });
});
