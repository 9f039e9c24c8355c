import type { PromotionStatus } from '@kargo/api';
import { simulatedWorld } from '@kargo/integrations/testing';
import { VirtualClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { noteProgress, openWorkspace } from './workspace-progress.ts';

const at = (step: number, startedAt = '2026-01-01T00:00:00Z'): PromotionStatus => ({
  currentStep: step,
  stepExecutionMetadata: Array.from({ length: step + 1 }, (_, index) => ({
    alias: `step-${index + 1}`,
    status: index < step ? 'Succeeded' : 'Running',
    startedAt,
  })),
});

describe('the workspace of a Promotion', () => {
  const cases: {
    name: string;
    notes: [PromotionStatus | undefined, PromotionStatus][];
    status?: PromotionStatus;
    fresh: boolean;
  }[] = [
    { name: 'in which nothing has happened', notes: [], fresh: false },
    {
      name: 'that is as far as the status',
      notes: [
        [undefined, at(0)],
        [at(0), at(1)],
      ],
      status: at(1),
      fresh: false,
    },
    {
      name: 'whose process died before the status was stored',
      notes: [
        [undefined, at(0)],
        [at(0), at(1)],
      ],
      status: at(0),
      fresh: false,
    },
    { name: 'that others have left behind', notes: [[undefined, at(0)]], status: at(3), fresh: true },
    {
      name: 'of an earlier run than the one under way',
      notes: [[at(0), at(1)]],
      status: at(1, '2026-01-01T00:01:00Z'),
      fresh: true,
    },
    { name: 'that says nothing, of a Promotion under way', notes: [], status: at(1), fresh: true },
  ];
  it.each(cases)('$name is fresh: $fresh', async ({ notes, status, fresh }) => {
    const { workspaces } = simulatedWorld({ clock: new VirtualClock() });
    const { workspace } = await openWorkspace(workspaces, 'p', undefined);
    await workspace.writeFile('kept', 'x');
    for (const [before, next] of notes) await noteProgress(workspace, before, next);
    const again = await openWorkspace(workspaces, 'p', status);
    expect(again.fresh).toBe(fresh);
    expect(await again.workspace.exists('kept')).toBe(!fresh);
  });

  it('is written to only when a step moves', async () => {
    const { workspaces } = simulatedWorld({ clock: new VirtualClock() });
    const { workspace } = await openWorkspace(workspaces, 'p', undefined);
    await noteProgress(workspace, { phase: 'Pending' }, { phase: 'Running' });
    expect(await workspace.private.exists('progress.json')).toBe(false);
  });
});
