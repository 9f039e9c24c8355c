/** For tests of providers: one measurement, taken by the engine itself against a server in this process. */
import { ApiError, type AnalysisRun, type Measurement, type Metric, type MetricResult } from '@kargo/api';
import { realHttp } from '@kargo/integrations';
import { bodyOf, httpFixture } from '@kargo/integrations/testing';
import { silentLog, type Client, type Clock } from '@kargo/kube';
import { passOver } from '../engine/pass.ts';
import type { ProviderPorts } from '../provider.ts';
import { providers } from '../providers/index.ts';

/** What the server was asked. */
export interface Asked {
  method: string;
  /** Path and query. */
  url: string;
  headers: Record<string, string | undefined>;
  body: string;
}

/** What the server answers: status, body (text as it is, other values as JSON) and headers. Never, with `hang`. */
export interface Reply {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  hang?: boolean;
}

/** Answers in turn; the last one again and again. */
export class MetricServer {
  readonly asked: Asked[] = [];
  readonly url: string;
  readonly #close: () => Promise<void>;
  #replies: ((asked: Asked) => Reply)[] = [];

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start(): Promise<MetricServer> {
    const fixture = await httpFixture(async (request, response) => {
      const body = (await bodyOf(request)).toString();
      const asked = { method: request.method ?? '', url: request.url ?? '', headers: request.headers as Asked['headers'], body };
      const reply = server.take(asked);
      if (reply.hang === true) return;
      const text = typeof reply.body === 'string' ? reply.body : reply.body === undefined ? '' : JSON.stringify(reply.body);
      response.writeHead(reply.status ?? 200, reply.headers ?? { 'content-type': 'application/json' });
      response.end(text);
    });
    const server = new MetricServer(fixture.url, () => fixture.close());
    return server;
  }

  reply(...replies: (Reply | ((asked: Asked) => Reply))[]): void {
    this.asked.length = 0;
    this.#replies = replies.map((reply) => (typeof reply === 'function' ? reply : () => reply));
  }

  take(asked: Asked): Reply {
    const reply = this.#replies.length > 1 ? this.#replies.shift() : this.#replies[0];
    this.asked.push(asked);
    return reply?.(asked) ?? {};
  }

  close(): Promise<void> {
    return this.#close();
  }
}

export const NOW: number = Date.parse('2026-01-02T03:04:05Z');
const clock: Clock = { now: () => NOW, setTimer: () => ({ cancel: () => undefined }), sleep: () => Promise.resolve() };

export interface MeasureOptions {
  /** Decoded values by `namespace/name`. The run is in the namespace `demo`. */
  secrets?: Record<string, Record<string, string>>;
  args?: AnalysisRun['spec']['args'];
  ports?: Partial<ProviderPorts>;
}

/** The first measurement of a metric, and the metadata of the metric. */
export async function measure(
  metric: Omit<Metric, 'name'>,
  { secrets = {}, args, ports = {} }: MeasureOptions = {},
): Promise<Measurement & { metric: MetricResult['metadata'] }> {
  const client = {
    get: (_kind: unknown, key: { namespace?: string; name: string }) => {
      const found = secrets[`${key.namespace}/${key.name}`];
      if (found === undefined) return Promise.reject(new ApiError('NotFound', `secrets "${key.name}" not found`));
      const data = Object.fromEntries(
        Object.entries(found).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
      );
      return Promise.resolve({ apiVersion: 'v1', kind: 'Secret', metadata: key, data });
    },
  } as unknown as Client;
  const http = realHttp();
  try {
    const { status } = await passOver(
      {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name: 'run', namespace: 'demo', uid: 'uid' },
        spec: { metrics: [{ name: 'a', ...metric }], ...(args === undefined ? {} : { args }) },
      },
      { providers, ports: { clock, http, client, ...ports }, signal: new AbortController().signal, log: silentLog },
    );
    const [result] = status.metricResults ?? [];
    const [measurement] = result?.measurements ?? [];
    if (measurement === undefined) throw new Error(`the run ended without a measurement: ${status.message}`);
    return { ...measurement, metric: result?.metadata };
  } finally {
    http.close();
  }
}
