import type { Promotion } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { readText } from '../data/event-stream.ts';
import { linesOf, NO_LINES, withText } from '../data/log-lines.ts';
import { filesOf, sentenceOf, type Preview, type PreviewEffect } from '../data/preview.ts';
import { countChanges, parseDiff } from './diff.ts';
import { limitOf, numberIn, passRules } from './metrics.ts';
import { durationText, linksIn, mostTelling, stepsOf } from './steps.ts';

function streamOf(...chunks: string[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(new TextEncoder().encode(chunk));
      controller.close();
    },
  });
}

async function textOf(...chunks: string[]): Promise<string> {
  let all = '';
  for await (const piece of readText(streamOf(...chunks))) all += piece;
  return all;
}

describe('a log', () => {
  it('is the text of the events, with its ends of lines', async () => {
    expect(await textOf('data: a\nda', 'ta: b\ndata: \n\n: keep\n\ndata: \ndata: \n\ndata: c\n\n')).toBe('a\nb\n\nc');
  });

  it('fails with what the server says', async () => {
    await expect(textOf('data: a\n\nevent: error\ndata: {"message":"gone"}\n\n')).rejects.toThrow('gone');
  });

  it('grows line by line, and shows nothing that would colour, overwrite or turn text around', () => {
    let log = withText(NO_LINES, 'one\ntw');
    expect(linesOf(log)).toEqual(['one', 'tw']);
    log = withText(log, 'o\r\n\u001b[31mred\u001b[0m \u0007bell \u202eevil');
    expect(linesOf(log)).toEqual(['one', 'two', 'red \ufffdbell \ufffdevil']);
  });

  it('lets the oldest go when it gets too long', () => {
    const log = withText(NO_LINES, Array.from({ length: 50_010 }, (_, index) => `${index}\n`).join(''));
    expect([log.dropped, log.lines.length, log.lines[0]]).toEqual([10, 50_000, '10']);
  });

  it('keeps few lines if they are long, says how much it let go, and breaks a line that does not end', () => {
    let log = NO_LINES;
    for (let n = 0; n < 200; n++) log = withText(log, `${'x'.repeat(60_000)}\n`);
    expect([log.lines.length, log.dropped, log.droppedSize]).toEqual([139, 61, 61 * 60_000]);
    expect(log.size).toBe(139 * 60_000);
    log = withText(NO_LINES, 'y'.repeat(1_000_000));
    expect(log.lines.length).toBe(15);
    expect(linesOf(log).join('')).toHaveLength(1_000_000);
  });
});

describe('a diff', () => {
  it('has numbers and gaps', () => {
    const lines = parseDiff('@@ -3,3 +3,4 @@ kind\n a\n-b\n+c\n+d\n e\n@@ -20 +21 @@\n-x\n+y\n\\ No newline at end of file\n');
    expect(lines.map(({ kind, text, before, after }) => [kind, text, before, after])).toEqual([
      ['gap', 'kind', undefined, undefined],
      ['same', 'a', 3, 3],
      ['removed', 'b', 4, undefined],
      ['added', 'c', undefined, 4],
      ['added', 'd', undefined, 5],
      ['same', 'e', 5, 6],
      ['gap', '', undefined, undefined],
      ['removed', 'x', 20, undefined],
      ['added', 'y', undefined, 21],
      ['gap', 'No newline at end of file', undefined, undefined],
    ]);
    expect(countChanges(lines)).toEqual({ added: 3, removed: 2 });
  });
});

describe('steps', () => {
  const promotion = (status: Promotion['status']): Promotion => ({
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Promotion',
    metadata: {},
    spec: { stage: 'test', freight: 'f', steps: [{ uses: 'git-clone' }, { uses: 'http', as: 'wait' }, { uses: 'fail' }] },
    status,
  });

  it('are known by their names or places', () => {
    const steps = stepsOf(
      promotion({
        stepExecutionMetadata: [
          { alias: 'step-1', status: 'Succeeded' },
          { alias: 'wait', status: 'Running', errorCount: 2, message: 'not yet' },
        ],
        state: { 'step-1': { commits: {} } },
      }),
    );
    expect(steps.map(({ alias, name, look, errors }) => [alias, name, look.word, errors])).toEqual([
      ['step-1', 'git-clone', 'Succeeded', 0],
      ['wait', 'wait', 'Running', 2],
      ['step-3', 'fail', 'Not started', 0],
    ]);
    expect(mostTelling(steps)?.alias).toBe('wait');
    expect(steps[0]?.output).toEqual({ commits: {} });
  });

  it.each([
    [[{ alias: 'step-1', status: 'Errored' }], 'step-1'],
    [
      [
        { alias: 'step-1', status: 'Succeeded' },
        { alias: 'wait', status: 'Succeeded' },
        { alias: 'step-3', status: 'Skipped' },
      ],
      'wait',
    ],
    [[], 'step-1'],
  ])('show the most telling one first: %j', (stepExecutionMetadata, alias) => {
    expect(mostTelling(stepsOf(promotion({ stepExecutionMetadata })))?.alias).toBe(alias);
  });

  it('link only to the web', () => {
    expect(
      linksIn({ url: 'https://x/1', bad: 'javascript:alert(1)', pr: { url: 'http://y' }, n: 1, text: 'see https://z' }),
    ).toEqual([
      { name: 'url', url: 'https://x/1' },
      { name: 'pr url', url: 'http://y' },
    ]);
  });

  it.each([
    [-5, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [95_000, '1 min 35 s'],
    [3_600_000, '1 h'],
    [5_400_000, '1 h 30 min'],
  ])('take %i ms, said as %s', (ms, text) => expect(durationText(ms)).toBe(text));
});

describe('metrics', () => {
  it.each([
    ['0.5', 0.5],
    ['[2]', 2],
    ['[1,2]', undefined],
    ['"3"', undefined],
    ['', undefined],
    ['NaN', undefined],
    [undefined, undefined],
    ['1e3', 1000],
  ])('read %j as %j', (text, value) => expect(numberIn(text)).toBe(value));

  it.each([
    [{ successCondition: 'result[0] < 0.01' }, { value: 0.01, fails: 'above' }],
    [{ successCondition: 'result >= 95' }, { value: 95, fails: 'below' }],
    [{ failureCondition: 'result > 5' }, { value: 5, fails: 'above' }],
    [{ successCondition: 'result.ok' }, undefined],
    [{}, undefined],
  ])('have the limit of %j', (metric, limit) => expect(limitOf(metric)).toEqual(limit));

  it('say what decides', () => {
    expect(
      passRules(
        { name: 'm', provider: {}, failureLimit: 1 },
        { name: 'm', phase: 'Running', failed: 1, inconclusive: 0, consecutiveError: 2 },
      ),
    ).toEqual(['fails at most once, 1 so far', 'inconclusive never, 0 so far', 'at most 4 errors in a row, 2 so far']);
  });
});

describe('a preview', () => {
  it.each<[PreviewEffect, string]>([
    [
      { kind: 'push', repository: 'r', ref: 'refs/heads/main', from: 'a', tree: 't', forced: false, commits: [], commitCount: 1 },
      'Push one commit to main of r',
    ],
    [
      { kind: 'push', repository: 'r', ref: 'refs/heads/x', tree: 't', forced: false, commits: [], commitCount: 2 },
      'Push 2 commits to x of r, which is created',
    ],
    [{ kind: 'push', repository: 'r', ref: 'refs/tags/v1', forced: false, commits: [], commitCount: 0 }, 'Delete tag v1 of r'],
    [
      { kind: 'pullRequest', repository: 'r', title: 'T', body: '', source: 'a', target: 'b' },
      'Open a pull request from a to b: T',
    ],
    [
      { kind: 'resource', verb: 'patch', resource: { apiVersion: 'v1', kind: 'Application', namespace: 'argocd', name: 'x' } },
      'Patch Application argocd/x',
    ],
  ])('says what %j is', (effect, sentence) => expect(sentenceOf(effect)).toBe(sentence));

  it('has the files of all commits', () => {
    const file = { path: 'a', change: 'added' as const };
    const preview = {
      steps: [
        {
          alias: 'a',
          uses: 'a',
          outcome: 'Succeeds',
          effects: [{ kind: 'commit', repository: 'r', commit: { tree: 't', message: 'm', files: [file] } }],
        },
        {
          alias: 'b',
          uses: 'b',
          outcome: 'Succeeds',
          effects: [
            { kind: 'push', repository: 'r', ref: 'x', forced: false, commits: [{ tree: 't', message: 'm' }], commitCount: 1 },
          ],
        },
      ],
    } as unknown as Preview;
    expect(filesOf(preview)).toEqual([file]);
  });
});
