import { describe, expect, it } from 'vitest';
import { runFake } from '../testing/run.ts';

const PROJECT = '/v1beta1/projects/demo';
const promotion = { metadata: { name: 'p' }, spec: { steps: [{ uses: 'git-clone', as: 'clone' }, { uses: 'git-push' }] } };

describe('logs', () => {
  it('of an AnalysisRun, pieces as they come, ended by a line break', async () => {
    const got = await runFake(['logs', 'run-1', '-p', 'demo', '--metric', 'm', '--container', 'c'], {
      routes: {
        [`GET ${PROJECT}/analysis-runs/run-1/logs?metricName=m&containerName=c`]: {
          events: ['data: one\ndata: tw\n\n', ': keepalive\n\n', 'data: o\ndata: \ndata: three\n\n'],
        },
      },
    });
    expect(got).toMatchObject({ code: 0, stdout: 'one\ntwo\n\nthree\n', stderr: '' });
  });

  it('of a Promotion, step after step, as the engine names them', async () => {
    const routes = {
      [`GET ${PROJECT}/promotions/p`]: { json: promotion },
      [`GET ${PROJECT}/promotions/p/steps/clone/logs?follow=true`]: { events: ['data: cloned\ndata: \n\n'] },
      [`GET ${PROJECT}/promotions/p/steps/step-2/logs?follow=true`]: { events: ['data: pushed\ndata: \n\n'] },
    };
    const got = await runFake(['logs', 'promotion', 'P', '-p', 'demo', '-f'], { routes });
    expect(got).toMatchObject({ code: 0, stdout: '==> clone <==\ncloned\n==> step-2 <==\npushed\n' });
  });

  it('of one step of a Promotion', async () => {
    const routes = {
      [`GET ${PROJECT}/promotions/p`]: { json: promotion },
      [`GET ${PROJECT}/promotions/p/steps/clone/logs`]: { events: ['data: cloned\ndata: \n\n'] },
    };
    const got = await runFake(['logs', 'promo', 'p', '-p', 'demo', '--step', 'clone'], { routes });
    expect(got.stdout).toBe('cloned\n');
  });

  it.each([
    ['what has none', ['logs', 'stage', 'x'], {}, 1, /there are logs of an analysisrun or a promotion, not of "stage"/],
    [
      'a run there is not',
      ['logs', 'x'],
      { [`GET ${PROJECT}/analysis-runs/x/logs`]: { status: 404, json: { error: 'no' } } },
      5,
      /get logs: unexpected status 404: \{"error":"no"\}/,
    ],
    [
      'a log that breaks off',
      ['logs', 'x'],
      { [`GET ${PROJECT}/analysis-runs/x/logs`]: { events: ['data: one\n\n', 'event: error\ndata: {"message":"gone"}\n\n'] } },
      1,
      /the log broke off: gone/,
    ],
  ])('fail for %s', async (_, argv, routes, code, stderr) => {
    const got = await runFake([...argv, '-p', 'demo'], { routes });
    expect(got.code).toBe(code);
    expect(got.stderr).toMatch(stderr);
  });
});
