import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PromotionStep, Secret } from '@kargo/api';
import type { Renderer } from '@kargo/integrations';
import { silentLog, VirtualClock } from '@kargo/kube';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stepExpressions } from '../context/expressions.ts';
import type { RunEnd } from '../promotion-run.ts';
import { PromotionRunner } from '../runner.ts';
import type { Step, StepPorts } from '../step.ts';
import { stepRegistry } from '../steps/registry.ts';
import { aPromotion, someCollection, someFreight, somePorts, temporaryWorkspaces } from '../testing/run-fixture.ts';
import { fileStepLogs } from './file-step-logs.ts';
import type { StepLogs } from './port.ts';

const clock = new VirtualClock('2026-01-02T03:04:05Z');
let directory: string;
let logs: StepLogs;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'step-logs-'));
  logs = fileStepLogs({ directory, clock, log: silentLog });
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const secret: Secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace: 'demo', name: 'api' },
  data: { token: Buffer.from('s3cr3t "token"').toString('base64') },
};

async function run(
  steps: PromotionStep[],
  extra: Step<never>[] = [],
  ports: Partial<StepPorts> = {},
): Promise<{ end: RunEnd; log: (step: string) => Promise<string> }> {
  const { workspaces, dispose } = await temporaryWorkspaces();
  try {
    const { workspace, fresh } = await workspaces.open('promotion-uid-1');
    const client = { get: async () => secret } as never;
    const http = { send: async () => ({ status: 503, headers: {}, body: new Uint8Array() }) };
    const runner = new PromotionRunner({
      registry: stepRegistry([...stepRegistry().values(), ...extra]),
      ports: somePorts({ clock, client, http, ...ports }),
      expressions: stepExpressions({ client }),
      stepLogs: logs,
    });
    const end = await runner.run({
      promotion: aPromotion(steps),
      status: { phase: 'Running' },
      freight: someCollection,
      targetFreight: someFreight,
      targetFreightAlias: '',
      freightRequests: [],
      workspace,
      fresh,
      persist: async () => undefined,
      log: silentLog,
      signal: new AbortController().signal,
    });
    const log = async (step: string): Promise<string> =>
      (await logs.read({ project: 'demo', promotion: 'uid-1', step })).text.replaceAll(/^\S+Z /gm, '');
    return { end, log };
  } finally {
    await dispose();
  }
}

describe('what a step did', () => {
  it('is told in its log, without secrets, and so is how it ended', async () => {
    const { end, log } = await run([
      {
        uses: 'http',
        as: 'call',
        config: {
          url: 'https://example.com/hook?key=${{ secret("api").token }}',
          headers: [{ name: 'Authorization', value: 'Bearer ${{ secret("api").token }}' }],
        },
      },
    ]);
    expect(end.kind).toBe('finished');
    expect(await log('call')).toBe(
      [
        'http begins',
        'config: {"url":"https://example.com/hook?key=*****","headers":[{"name":"Authorization","value":"Bearer *****"}]}',
        'GET https://example.com/hook?…: begins',
        'GET https://example.com/hook?…: done in 0.0 s, status 503',
        'Failed: step "call" met error threshold of 1: step "call" failed: GET https://example.com/hook was answered with HTTP status 503; set successExpression to accept it',
        '',
      ].join('\n'),
    );
  });

  it('has what programs say, without secrets', async () => {
    const renders: Step<never> = {
      name: 'renders',
      configSchema: { type: 'object' },
      run: async (_context, { renderer }) => {
        await renderer.kustomize({ path: '.', root: '/' });
        return { status: 'Succeeded' };
      },
    };
    const kustomize: Renderer['kustomize'] = async ({ onLine }) => {
      onLine?.('# Warning: commonLabels is deprecated, s3cr3t "token"');
      return '';
    };
    const { log } = await run([{ uses: 'renders', config: { token: '${{ secret("api").token }}' } }], [renders], {
      renderer: { kustomize } as Renderer,
    });
    expect(await log('step-1')).toContain(
      'kustomize build: begins\n| # Warning: commonLabels is deprecated, *****\nkustomize build: done',
    );
  });

  it('takes along what the step logs itself, and hides secrets in what it fails with', async () => {
    const leaky: Step<never> = {
      name: 'leaky',
      configSchema: { type: 'object' },
      run: async ({ log, config }) => {
        log.warn({ attempt: 1, text: 'a b' }, 'about to fail');
        throw new Error(`no luck with ${JSON.stringify(config)}`);
      },
    };
    const { end, log } = await run([{ uses: 'leaky', config: { token: '${{ secret("api").token }}' } }], [leaky]);
    expect(JSON.stringify(end)).not.toContain('s3cr3t');
    const text = await log('step-1');
    expect(text).toContain('warning: about to fail attempt=1 text="a b"\n');
    expect(text).toContain(
      'Errored: step "step-1" met error threshold of 1: error running step "step-1": no luck with {"token":"*****"}',
    );
    expect(text).not.toContain('s3cr3t');
  });

  it('is told of its waits and retries too', async () => {
    let calls = 0;
    const slow: Step<never> = {
      name: 'slow',
      configSchema: { type: 'object' },
      defaultErrorThreshold: 2,
      run: async () => {
        calls += 1;
        if (calls === 1) throw new Error('not yet');
        return { status: 'Running', waitingFor: 'the others', retryAfter: 90_000 };
      },
    };
    expect((await run([{ uses: 'slow' }], [slow])).end.kind).toBe('retry');
    const { end, log } = await run([{ uses: 'slow' }], [slow]);
    expect(end.kind).toBe('waiting');
    expect(await log('step-1')).toContain('failed (1 in a row): error running step "step-1": not yet; it will be tried again\n');
    expect(await log('step-1')).toContain('waiting for the others; looking again in 1m30s\n');
  });

  it('names the pause that it gets, which is ten seconds at least', async () => {
    const eager: Step<never> = {
      name: 'eager',
      configSchema: { type: 'object' },
      run: async () => ({ status: 'Running', waitingFor: 'the others', retryAfter: 1000 }),
    };
    const { end, log } = await run([{ uses: 'eager' }], [eager]);
    expect(end).toMatchObject({ kind: 'waiting' });
    expect(await log('step-1')).toContain('waiting for the others; looking again in 10s\n');
  });
});

describe('the output of a step', () => {
  const big = (size: number): Step<never> => ({
    name: `big-${size}`,
    configSchema: { type: 'object' },
    run: async () => ({ status: 'Succeeded', output: { text: 'x'.repeat(size) } }),
  });

  it('is refused for good when it is larger than what a promotion can hold', async () => {
    const { end } = await run([{ uses: 'big-300000000' }], [big(300_000_000)]);
    expect(end.status.phase).toBe('Errored');
    expect(end.status.message).toContain(
      'the output of step "step-1" is too large: the outputs of a promotion may take 1024 KiB together',
    );
    expect(JSON.stringify(end.status).length).toBeLessThan(2000);
  });

  it('counts together with those of other steps', async () => {
    const { end } = await run([{ uses: 'big-600000' }, { uses: 'big-600000' }], [big(600_000)]);
    expect(end.status.message).toContain('the output of step "step-2" is too large');
    expect(end.status.message).toContain('of which 438 KiB are left');
  });
});
