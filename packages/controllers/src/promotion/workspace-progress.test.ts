import type { PromotionStatus } from '@kargo/api';
import { simulatedWorld } from '@kargo/integrations/testing';
import { VirtualClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { openWorkspace } from './workspace-progress.ts';

const at = (step: number, startedAt = '2026-01-01T00:00:00Z'): PromotionStatus => ({
  currentStep: step,
  stepExecutionMetadata: Array.from({ length: step + 1 }, (_, index) => ({
    alias: `step-${index + 1}`,
    status: index < step ? 'Succeeded' : 'Running',
    startedAt,
  })),
});

const stored = (): Promise<void> => Promise.resolve();
const refused = (): Promise<void> => Promise.reject(new Error('somebody else leads'));

describe('the workspace of a Promotion', () => {
  const cases: {
    name: string;
    /** What the status says when the workspace is first opened, and what is then stored, or tried to be. */
    before?: PromotionStatus;
    stores: [PromotionStatus, () => Promise<void>][];
    /** What the status says when it is opened again. */
    status?: PromotionStatus;
    fresh: boolean;
  }[] = [
    { name: 'in which nothing has happened', stores: [], fresh: false },
    {
      name: 'that is as far as the status',
      stores: [
        [at(0), stored],
        [at(1), stored],
      ],
      status: at(1),
      fresh: false,
    },
    { name: 'whose first status was not stored', stores: [[at(0), refused]], fresh: false },
    {
      name: 'whose last status was not stored',
      stores: [
        [at(0), stored],
        [at(1), refused],
      ],
      status: at(0),
      fresh: false,
    },
    { name: 'that others have left behind', stores: [[at(0), stored]], status: at(3), fresh: true },
    {
      name: 'of an earlier run than the one under way',
      stores: [[at(1), stored]],
      status: at(1, '2026-01-01T00:01:00Z'),
      fresh: true,
    },
    { name: 'that says nothing, of a Promotion under way', stores: [], status: at(1), fresh: true },
    {
      name: 'that was made anew, and did not get to begin again',
      before: at(2),
      stores: [[at(0), refused]],
      status: at(2),
      fresh: true,
    },
    {
      name: 'that was made anew, and began again',
      before: at(2),
      stores: [[at(0, '2026-01-01T00:01:00Z'), stored]],
      status: at(0, '2026-01-01T00:01:00Z'),
      fresh: false,
    },
  ];
  it.each(cases)('$name is fresh: $fresh', async ({ before, stores, status, fresh }) => {
    const { workspaces } = simulatedWorld({ clock: new VirtualClock() });
    const { workspace, store } = await openWorkspace(workspaces, 'p', before);
    await workspace.writeFile('kept', 'x');
    for (const [next, write] of stores) await store(next, write).catch(() => undefined);
    const again = await openWorkspace(workspaces, 'p', status);
    expect(again.fresh).toBe(fresh);
    expect(await again.workspace.exists('kept')).toBe(!fresh);
  });

  it('is written to only when a step moves', async () => {
    const { workspaces } = simulatedWorld({ clock: new VirtualClock() });
    const { workspace, store } = await openWorkspace(workspaces, 'p', undefined);
    await store({ phase: 'Running' }, stored);
    expect(await workspace.private.exists('progress.json')).toBe(false);
  });
});
