/** Logs of the Jobs of verifications that another system keeps. */
import { AnalysisRun, Stage } from '@kargo/api';
import type { RunLogSource } from '@kargo/server';
import { describe, expect, it } from 'vitest';
import { aStage, openPipeline, type Answer } from './harness.ts';

const SOURCE: RunLogSource = {
  urlTemplate:
    'https://logs.example.com/${{ project }}/${{ stage }}/${{ shard }}/${{ jobNamespace }}/${{ jobName }}/${{ container }}',
  token: 'token-of-the-test',
  headers: { authorization: 'Bearer ${{ token }}', 'x-run': '${{ analysisRun }}-${{ metricName }}' },
};

async function ask(
  answer: (url: string, init: RequestInit) => Response | Promise<Response>,
  { source = SOURCE, query = '', stage = 'sharded' }: { source?: RunLogSource; query?: string; stage?: string } = {},
): Promise<Answer> {
  const { client, call } = await openPipeline({ runLogs: source, fetch: async (url, init) => answer(url, init) });
  await client.create(Stage, aStage('sharded', { direct: true }, { shard: 'east' }));
  const run = await client.create(AnalysisRun, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: {
      namespace: 'demo',
      name: 'run',
      labels: { 'kargo.akuity.io/stage': 'other' },
      annotations: { 'kargo.akuity.io/stage': stage },
    },
    spec: { metrics: [{ name: 'm', provider: { job: { spec: { template: { spec: { containers: [{ name: 'main' }] } } } } } }] },
  } as AnalysisRun);
  const measurements = [{ phase: 'Successful', metadata: { 'job-name': 'j', 'job-namespace': 'jobs' } }];
  await client.update(AnalysisRun, {
    ...run,
    status: { phase: 'Successful', metricResults: [{ name: 'm', phase: 'Successful', measurements }] },
  } as AnalysisRun);
  return call('GET', `/projects/demo/analysis-runs/run/logs${query}`);
}

describe('logs of Jobs that are elsewhere', () => {
  it('are asked for with what is known of the Job, and come as a stream', async () => {
    const seen: unknown[] = [];
    const answer = await ask((url, { headers }) => {
      seen.push(url, headers);
      return new Response('first\nsecond\n');
    });
    expect(seen).toEqual([
      'https://logs.example.com/demo/sharded/east/jobs/j/main',
      { authorization: 'Bearer token-of-the-test', 'x-run': 'run-m' },
    ]);
    expect([answer.status, answer.text]).toEqual([200, 'data: first\ndata: second\ndata: \n\n']);
  });

  it.each([
    ['../../other/stage?all=1#', 'https://logs.example.com/demo/..%2F..%2Fother%2Fstage%3Fall%3D1%23//jobs/j/main'],
    ['a b', 'https://logs.example.com/demo/a%20b//jobs/j/main'],
  ])('are not asked for elsewhere because a run says that it is of the stage %j', async (stage, url) => {
    const seen: unknown[] = [];
    const note = (asked: string): Response => {
      seen.push(asked);
      return new Response('');
    };
    expect((await ask(note, { stage })).status).toBe(200);
    expect((await ask(note, { stage: '..' })).body).toEqual({ error: 'stage ".." cannot be part of an address' });
    expect(seen).toEqual([url]);
  });

  it.each([
    ['UTF-16 with a mark, little end first', [0xff, 0xfe, 0x48, 0, 0x69, 0]],
    ['UTF-16 with a mark, big end first', [0xfe, 0xff, 0, 0x48, 0, 0x69]],
    ['UTF-16 without one, little end first', [0x48, 0, 0x69, 0]],
    ['UTF-16 without one, big end first', [0, 0x48, 0, 0x69]],
    ['UTF-8 with a mark', [0xef, 0xbb, 0xbf, 0x48, 0x69]],
  ])('may be %s', async (_, bytes) => {
    expect((await ask(() => new Response(new Uint8Array(bytes)))).text).toBe('data: Hi\n\n');
  });

  it.each([
    ['has none', () => new Response('', { status: 404 }), {}, 404, /there is no log of container \\"main\\" of Job j/],
    ['answers with a failure', () => new Response('', { status: 503 }), {}, 502, /answered 503/],
    ['is away', () => Promise.reject(new Error('connect ECONNREFUSED')), {}, 502, /cannot be reached/],
    ['would be asked for a metric that is not there', () => new Response(''), { query: '?metricName=x' }, 404, /no job metric/],
    [
      'has an address that is no text',
      () => new Response(''),
      { source: { urlTemplate: '${{ {a: 1} }}' } },
      500,
      /internal server error/,
    ],
  ] as const)('fail as what they are when the other system %s', async (_, answer, options, status, error) => {
    const got = await ask(answer, options);
    expect([got.status, got.text]).toEqual([status, expect.stringMatching(error)]);
    expect(got.text).not.toContain('token-of-the-test');
  });
});
