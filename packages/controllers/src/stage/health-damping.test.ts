import type { Health } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import type { StageHealthReport } from './assess-health.ts';
import { damped } from './health-damping.ts';

const START = Date.parse('2026-01-01T00:00:00Z');
const report = (status: string): StageHealthReport => ({ status, issues: [], output: [], argoCDApps: [] });

/** Shows a series of observations `seconds: status` and returns what is believed at each. */
function believed(series: readonly [number, string][]): string[] {
  let health: Health | undefined;
  return series.map(([seconds, status]) => {
    const { report: shown, relapses } = damped(report(status), health, START + seconds * 1000);
    health = { status: shown.status, ...(relapses === undefined ? {} : { relapses }) };
    return shown.status;
  });
}

describe('what is believed of health that changes', () => {
  const cases: { name: string; series: [number, string][]; want: string[] }[] = [
    {
      name: 'the first good news, at once',
      series: [
        [0, 'Unknown'],
        [1, 'Progressing'],
        [2, 'Healthy'],
      ],
      want: ['Unknown', 'Progressing', 'Healthy'],
    },
    {
      name: 'bad news, at once',
      series: [
        [0, 'Healthy'],
        [1, 'Unhealthy'],
      ],
      want: ['Healthy', 'Unhealthy'],
    },
    {
      name: 'a recovery, at once',
      series: [
        [0, 'Healthy'],
        [1, 'Unhealthy'],
        [2, 'Healthy'],
      ],
      want: ['Healthy', 'Unhealthy', 'Healthy'],
    },
    {
      name: 'a second one, once it has held for five seconds',
      series: [
        [0, 'Healthy'],
        [1, 'Unhealthy'],
        [2, 'Healthy'],
        [3, 'Unhealthy'],
        [4, 'Healthy'],
        [8, 'Healthy'],
        [9, 'Healthy'],
      ],
      want: ['Healthy', 'Unhealthy', 'Healthy', 'Unhealthy', 'Progressing', 'Progressing', 'Healthy'],
    },
    {
      name: 'a relapse while it is on trial, which makes the next trial longer',
      series: [
        [0, 'Healthy'],
        [1, 'Unhealthy'],
        [2, 'Healthy'],
        [3, 'Unhealthy'],
        [4, 'Healthy'],
        [5, 'Unhealthy'],
        [6, 'Healthy'],
        [15, 'Healthy'],
        [16, 'Healthy'],
      ],
      want: ['Healthy', 'Unhealthy', 'Healthy', 'Unhealthy', 'Progressing', 'Unhealthy', 'Progressing', 'Progressing', 'Healthy'],
    },
    {
      name: 'good news at once again when relapses are long past',
      series: [
        [0, 'Healthy'],
        [1, 'Unhealthy'],
        [2, 'Healthy'],
        [3, 'Unhealthy'],
        [700, 'Unhealthy'],
        [701, 'Healthy'],
      ],
      want: ['Healthy', 'Unhealthy', 'Healthy', 'Unhealthy', 'Unhealthy', 'Healthy'],
    },
    {
      name: 'that not knowing is no relapse',
      series: [
        [0, 'Healthy'],
        [1, 'Unknown'],
        [2, 'Healthy'],
      ],
      want: ['Healthy', 'Unknown', 'Healthy'],
    },
  ];
  it.each(cases)('$name', ({ series, want }) => {
    expect(believed(series)).toEqual(want);
  });

  it('a hundred turns in a minute as not healthy from the third on, and says when it would believe otherwise', () => {
    const turns = Array.from({ length: 100 }, (_, index): [number, string] => [
      index * 0.6,
      index % 2 === 0 ? 'Healthy' : 'Unhealthy',
    ]);
    expect(believed(turns).filter((status) => status === 'Healthy')).toHaveLength(2);
    const { believedAt, report: shown } = damped(
      report('Healthy'),
      { status: 'Unhealthy', relapses: { count: 2, last: '2026-01-01T00:00:00Z' } },
      START + 1000,
    );
    expect(believedAt).toBe(START + 6000);
    expect(shown.issues).toEqual([expect.stringContaining('2026-01-01T00:00:06Z')]);
  });
});
