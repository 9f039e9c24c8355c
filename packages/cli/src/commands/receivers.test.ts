import { describe, expect, it } from 'vitest';
import { runFake } from '../testing/run.ts';

const DELIVERIES = '/v1beta1/projects/demo/webhook-deliveries';
const delivery = (name: string, at: string, code: number, message: string): object => ({
  metadata: { name, creationTimestamp: at },
  spec: { receiver: 'gh', type: 'github', receivedAt: at, bodySize: 2 },
  outcome: { at, code, message },
});

describe('receivers', () => {
  it('list shows URLs, and what is the matter', async () => {
    const status = {
      webhookReceivers: [{ name: 'gh', path: '/github/1', url: 'https://k/github/1' }],
      conditions: [{ type: 'Ready', status: 'False', message: 'receiver x: Secret s does not exist' }],
    };
    const routes = { 'GET /v1beta1/projects/demo/config': { json: { metadata: { name: 'demo' }, status } } };
    expect(await runFake(['receivers', 'list', '-p', 'demo'], { routes })).toMatchObject({
      code: 0,
      stdout: 'NAME   URL\ngh     https://k/github/1\n',
      stderr: 'Warning: receiver x: Secret s does not exist\n',
    });
  });

  it('deliveries shows the newest first', async () => {
    const items = [
      delivery('gh.1', '2026-01-02T03:00:00Z', 401, 'unauthorized'),
      delivery('gh.2', '2026-01-02T03:02:05Z', 200, 'refreshed 1 warehouse(s)'),
    ];
    const got = await runFake(['receivers', 'deliveries', '-p', 'demo', '--receiver', 'gh'], {
      routes: { [`GET ${DELIVERIES}?receiver=gh`]: { json: { items } } },
    });
    expect(got).toMatchObject({
      code: 0,
      stdout: [
        'NAME   TYPE     CODE   MESSAGE                    AGE',
        'gh.2   github   200    refreshed 1 warehouse(s)   2m',
        'gh.1   github   401    unauthorized               4m5s',
        '',
      ].join('\n'),
    });
  });

  it.each([
    [200, 'refreshed 1 warehouse(s)', ['Warehouse demo/web'], 0, '200 refreshed 1 warehouse(s)\nWarehouse demo/web\n', ''],
    [500, 'failed to refresh 1 of 1 warehouses', [], 1, '', 'Error: 500 failed to refresh 1 of 1 warehouses\n'],
  ])('replay tells what came of it: %i', async (code, message, targets, exit, stdout, stderr) => {
    const replayed = { ...delivery('gh.1', '2026-01-02T03:00:00Z', 200, ''), replays: [{ code, message, targets }] };
    const got = await runFake(['receivers', 'replay', 'gh.1', '-p', 'demo'], {
      routes: { [`POST ${DELIVERIES}/gh.1/replay`]: { json: replayed } },
    });
    expect(got).toMatchObject({ code: exit, stdout, stderr });
  });

  it('of the cluster are below /system', async () => {
    const got = await runFake(['receivers', 'deliveries', '--cluster', '-o', 'json'], {
      routes: { 'GET /v1beta1/system/webhook-deliveries': { json: { items: [] } } },
    });
    expect(got.code).toBe(0);
  });
});
