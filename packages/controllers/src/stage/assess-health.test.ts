import type { StageStatus } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { assessHealth, type StageHealthReport } from './assess-health.ts';
import { conditionText, runStep } from './fixtures.ts';

const report = (status: string, more: Partial<StageHealthReport> = {}): StageHealthReport => ({
  status,
  issues: [],
  output: [],
  argoCDApps: [],
  ...more,
});
const checks = [{ uses: 'argocd-update', config: {} }];
const last = (phase: string, healthChecks = checks): StageStatus => ({
  lastPromotion: { name: 'p', status: { phase, healthChecks } },
});

describe('the health of a Stage', () => {
  const cases: { name: string; status: StageStatus; report?: StageHealthReport; condition: string; health?: string }[] = [
    { name: 'before the first Promotion', status: { health: { status: 'Healthy' } }, condition: 'Unknown/NoFreight' },
    {
      name: 'while a Promotion is active',
      status: { ...last('Succeeded'), currentPromotion: { name: 'q' } },
      condition: 'Unknown/ActivePromotion',
      health: 'Unknown',
    },
    { name: 'after one that failed', status: last('Failed'), condition: 'Unknown/LastPromotionFailed', health: 'Unknown' },
    { name: 'after one that left no checks', status: last('Succeeded', []), condition: 'True/Healthy', health: 'Healthy' },
    { name: 'Healthy', status: last('Succeeded'), report: report('Healthy'), condition: 'True/Healthy', health: 'Healthy' },
    {
      name: 'Unhealthy',
      status: last('Succeeded'),
      report: report('Unhealthy', { issues: ['x'] }),
      condition: 'False/Unhealthy',
      health: 'Unhealthy',
    },
    {
      name: 'Progressing',
      status: last('Succeeded'),
      report: report('Progressing'),
      condition: 'Unknown/Progressing',
      health: 'Progressing',
    },
    {
      name: 'NotApplicable',
      status: last('Succeeded'),
      report: report('NotApplicable'),
      condition: 'Unknown/NotApplicable',
      health: 'NotApplicable',
    },
    { name: 'Unknown', status: last('Succeeded'), report: report('Unknown'), condition: 'Unknown/Unknown', health: 'Unknown' },
  ];
  it.each(cases)('$name', async ({ status, report: given = report('Healthy'), condition, health }) => {
    const pass = await runStep(assessHealth({ runHealthChecks: async () => given }), { status });
    expect(conditionText(pass, 'Healthy')).toBe(condition);
    expect(pass.status.health?.status).toBe(health);
  });

  it('[S33] has the state of the Applications, the outputs and what is wrong', async () => {
    const apps = [
      { name: 'a', namespace: 'argocd', healthStatus: { status: 'Degraded' }, syncStatus: { status: 'Synced', revision: 'abc' } },
    ];
    const given = report('Unhealthy', { issues: ['a is Degraded'], output: [{ applicationStatuses: [] }], argoCDApps: apps });
    const pass = await runStep(assessHealth({ runHealthChecks: async () => given }), { status: last('Succeeded') });
    expect(pass.status.health).toEqual({
      status: 'Unhealthy',
      issues: ['a is Degraded'],
      output: [{ applicationStatuses: [] }],
      argoCDApps: apps,
    });
    expect(pass.status.conditions?.[0]?.message).toBe('a is Degraded');
  });
});
