import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Freight, Promotion, Stage } from '@kargo/api';
import { nextTurn } from '@kargo/kube';
import { createMetrics, freightTrace, observeDomain, type Metrics } from '@kargo/server';
import { startObservability } from '@kargo/controlplane';
import { afterEach, describe, expect, it } from 'vitest';
import { openPipeline, someFreight, userToken, type Harness } from './harness.ts';

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanup.splice(0)) await clean();
});

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await nextTurn();
}

/** Freight that is promoted to test, is verified there and fails on its way to uat; in times that tests can name. */
async function story({ client }: Harness): Promise<Freight> {
  const freight = await client.create(Freight, someFreight('f1', '1.0.0', {}, { discoveredAt: '2026-01-01T00:00:00Z' }));
  await settle();
  const promote = async (stage: string, phase: string, from: string, to: string): Promise<void> => {
    const created = await client.create(Promotion, {
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: { generateName: `${stage}.`, namespace: 'demo', annotations: { 'kargo.akuity.io/create-actor': 'email:a@b.c' } },
      spec: { stage, freight: 'f1', steps: [{ uses: 'git-clear', config: { path: '.' } }] },
    });
    await settle();
    await client.updateStatus(Promotion, { ...created, status: { phase: 'Running', startedAt: from } });
    await settle();
    const running = await client.get(Promotion, { namespace: 'demo', name: created.metadata.name ?? '' });
    const step = { alias: 'step-1', status: phase === 'Succeeded' ? 'Succeeded' : 'Errored', startedAt: from, finishedAt: to };
    const status = {
      phase,
      startedAt: from,
      finishedAt: to,
      message: phase === 'Succeeded' ? '' : 'git is away',
      stepExecutionMetadata: [step],
    };
    await client.updateStatus(Promotion, { ...running, status: status as Promotion['status'] });
    await settle();
  };
  await promote('test', 'Succeeded', '2026-01-01T00:01:00Z', '2026-01-01T00:01:20Z');
  const stage = await client.get(Stage, { namespace: 'demo', name: 'test' });
  const verification = { id: 'v1', phase: 'Successful', startTime: '2026-01-01T00:02:00Z', finishTime: '2026-01-01T00:05:00Z' };
  await client.updateStatus(Stage, {
    ...stage,
    status: {
      freightHistory: [
        {
          id: 'c',
          items: { 'Warehouse/w': { name: 'f1', origin: { kind: 'Warehouse', name: 'w' } } },
          verificationHistory: [verification],
        },
      ],
    },
  });
  await client.patch(
    Freight,
    { namespace: 'demo', name: 'f1' },
    { type: 'merge', body: { status: { verifiedIn: { test: { verifiedAt: '2026-01-01T00:05:00Z' } } } } },
    { subresource: 'status' },
  );
  await settle();
  await client.patch(
    Freight,
    { namespace: 'demo', name: 'f1' },
    { type: 'merge', body: { status: { approvedFor: { uat: { approvedAt: '2026-01-01T00:06:00Z' } } } } },
    { subresource: 'status' },
  );
  await promote('uat', 'Errored', '2026-01-01T00:07:00Z', '2026-01-01T00:07:05Z');
  return freight;
}

async function measured(metrics: Metrics): Promise<Map<string, number>> {
  const { text } = await metrics.rest.exposition();
  return new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, number] => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );
}

describe('metrics', () => {
  it('count promotions, verifications and the way of freight, whoever writes them', async () => {
    const metrics = createMetrics({ process: false });
    const harness = await openPipeline({ metrics: metrics.rest });
    cleanup.push(await observeDomain({ ...harness, log: harness.trace.log('x'), metrics: metrics.domain }));
    await story(harness);
    const found = await measured(metrics);
    const wanted: Record<string, number> = {
      'kargo_promotions_total{project="demo",stage="test",result="Succeeded"}': 1,
      'kargo_promotions_total{project="demo",stage="test",result="Failed"}': 0,
      'kargo_promotions_total{project="demo",stage="uat",result="Errored"}': 1,
      'kargo_promotion_duration_seconds_sum{project="demo",result="Succeeded"}': 20,
      'kargo_promotion_duration_seconds_sum{project="demo",result="Errored"}': 5,
      'kargo_promotion_state_seconds_count{state="Pending"}': 2,
      'kargo_promotion_state_seconds_sum{state="Running"}': 25,
      'kargo_promotions_queued{project="demo",stage="test"}': 0,
      'kargo_promotions_running{project="demo"}': 0,
      'kargo_freight_lead_time_seconds_sum{project="demo",stage="test"}': 300,
      'kargo_freight_discovered_total{project="demo",warehouse="w"}': 1,
      'kargo_verifications_total{project="demo",stage="test",result="Successful"}': 1,
      'kargo_verifications_total{project="demo",stage="test",result="Failed"}': 0,
      'kargo_verification_duration_seconds_sum{project="demo"}': 180,
      'kargo_objects{kind="Promotion"}': 2,
    };
    expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, found.get(name)]))).toEqual(wanted);
  });

  it('tell what waits for its turn and what is going on', async () => {
    const metrics = createMetrics({ process: false });
    const harness = await openPipeline();
    cleanup.push(await observeDomain({ ...harness, log: harness.trace.log('x'), metrics: metrics.domain }));
    const { client } = harness;
    await client.create(Freight, someFreight('f1', '1.0.0'));
    const steps = [{ uses: 'git-clear', config: { path: '.' } }];
    for (let i = 0; i < 3; i++) {
      const created = await client.create(Promotion, {
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Promotion',
        metadata: { generateName: 'test.', namespace: 'demo' },
        spec: { stage: 'test', freight: 'f1', steps },
      });
      if (i === 0) await client.updateStatus(Promotion, { ...created, status: { phase: 'Running' } });
    }
    await settle();
    const found = await measured(metrics);
    expect(found.get('kargo_promotions_queued{project="demo",stage="test"}')).toBe(2);
    expect(found.get('kargo_promotions_running{project="demo"}')).toBe(1);
  });

  it('count requests by route, never by name', async () => {
    const metrics = createMetrics({ process: false });
    const { call } = await openPipeline({ metrics: metrics.rest });
    for (const name of ['test', 'uat', 'none']) await call('GET', `/projects/demo/stages/${name}`);
    const found = await measured(metrics);
    const route = 'route="/v1beta1/projects/:project/stages/:stage",method="GET"';
    expect(found.get(`kargo_http_request_duration_seconds_count{${route},status="200"}`)).toBe(2);
    expect(found.get(`kargo_http_request_duration_seconds_count{${route},status="404"}`)).toBe(1);
  });

  it('are for those who may read the path', async () => {
    const metrics = createMetrics();
    const { server, token } = await openPipeline({ metrics: metrics.rest, rbac: true });
    const ask = async (bearer: string): Promise<number> =>
      (await server.inject({ method: 'GET', url: '/metrics', headers: { authorization: `Bearer ${bearer}` } })).statusCode;
    expect([await ask(token), await ask(userToken('alice')), await ask('x')]).toEqual([200, 403, 401]);
    expect((await metrics.rest.exposition()).text).toContain('process_cpu_seconds_total');
  });
});

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: { stringValue?: string } }[];
  status?: { code?: number; message?: string };
}

/** A collector of traces that speaks OTLP over HTTP with JSON. */
async function openCollector(): Promise<{ url: string; spans: Span[]; paths: string[] }> {
  const spans: Span[] = [];
  const paths: string[] = [];
  const server: Server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      paths.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      const body = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      for (const resource of body.resourceSpans) for (const scope of resource.scopeSpans) spans.push(...scope.spans);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, paths };
}

describe('traces', () => {
  it('follow one piece of freight from its discovery on, through a restart', async () => {
    const collector = await openCollector();
    const harness = await openPipeline();
    const metrics = createMetrics({ process: false });
    const options = { ...harness, log: harness.trace.log('x'), metrics, traces: collector.url, version: 'v1' };
    const { stop } = await startObservability(options);
    const freight = await story(harness);
    await stop();
    const { traceId, spanId } = freightTrace(freight.metadata.uid ?? '');
    expect(collector.paths).toEqual(['POST /v1/traces application/json']);
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const nameOf = new Map(collector.spans.map((span) => [span.spanId, span.name]));
    const seconds = (nanos: string): number => Number(BigInt(nanos) / 1_000_000_000n) - Date.parse('2026-01-01T00:00:00Z') / 1000;
    const stageOf = (span: Span): string | undefined =>
      span.attributes.find(({ key }) => key === 'kargo.stage')?.value.stringValue;
    expect(
      collector.spans.map((span) => [
        span.name,
        stageOf(span),
        span.parentSpanId === spanId ? 'freight' : nameOf.get(span.parentSpanId ?? ''),
        seconds(span.startTimeUnixNano),
        seconds(span.endTimeUnixNano),
        span.status?.message ?? '',
      ]),
    ).toEqual([
      ['discover freight', undefined, 'freight', 0, 0, ''],
      ['promote', 'test', 'freight', 0, 80, ''],
      ['step step-1', 'test', 'promote', 60, 80, ''],
      ['verify', 'test', 'freight', 120, 300, ''],
      ['approve freight', 'uat', 'freight', 360, 360, ''],
      ['promote', 'uat', 'freight', 0, 425, 'git is away'],
      ['step step-1', 'uat', 'promote', 420, 425, 'Errored'],
    ]);
  });
});
