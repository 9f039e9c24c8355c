/** `prometheus`: an instant or range query (PromQL). */
import { parseDuration } from '@kargo/gocompat';
import type { Http, HttpResponse } from '@kargo/integrations';
import { providerConfig, type MeasurementRequest, type Provider, type ProviderPorts } from '../../provider.ts';
import { decimal, decimals } from '../answers/decimal.ts';
import { jsonOf, readJSON, textOf } from '../answers/json-answer.ts';
import { measured } from '../answers/measured.ts';
import { authorizationHeader, type AuthenticationConfig } from '../authentication/authorization.ts';
import { awsCredentials, awsRegion } from '../authentication/aws.ts';
import { signV4 } from '@kargo/integrations';
import { queryTime } from './query-time.ts';

interface PrometheusConfig {
  address?: string;
  query?: string;
  timeout?: number;
  insecure?: boolean;
  headers?: { key: string; value: string }[];
  rangeQuery?: { start?: string; end?: string; step?: string };
  authentication?: AuthenticationConfig & { sigv4?: { region?: string; profile?: string; roleArn?: string } };
}

interface Answer {
  status?: string;
  errorType?: string;
  error?: string;
  warnings?: string[];
  data?: { resultType?: string; result?: unknown };
}

const DEFAULT_TIMEOUT_SECONDS = 30;
const MAX_BODY = 16 * 1024 * 1024;

export const prometheusProvider: Provider = {
  name: 'prometheus',
  async run(request, ports) {
    const config = providerConfig(request.metric).config as PrometheusConfig;
    const response = await query(config, request, ports);
    const { result, value, numbers, warnings } = readJSON(response, 'prometheus', (answer) => resultOf(answer as Answer));
    const metadata = warnings.length === 0 ? {} : { warnings: warnings.map((warning) => JSON.stringify(warning)).join(', ') };
    return measured(request.metric, { result, value, numbers, metadata, now: ports.clock.now() });
  },
  metadata: (metric) => {
    const { query: text } = providerConfig(metric).config as PrometheusConfig;
    return text === undefined ? {} : { ResolvedPrometheusQuery: text };
  },
};

async function query(config: PrometheusConfig, request: MeasurementRequest, ports: ProviderPorts): Promise<HttpResponse> {
  const base = addressOf(config, ports);
  const seconds = config.timeout ?? 0;
  if (seconds < 0) throw new Error(`prometheus timeout should not be negative, found ${seconds}`);
  const timeout = (seconds === 0 ? DEFAULT_TIMEOUT_SECONDS : seconds) * 1000;
  const form = new URLSearchParams({ query: config.query ?? '', timeout: `${timeout / 1000}s` });
  const now = ports.clock.now();
  const range = config.rangeQuery;
  if (range === undefined) form.set('time', String(now / 1000));
  else {
    form.set('start', String(queryTime('rangeQuery.start', range.start, now)));
    form.set('end', String(queryTime('rangeQuery.end', range.end, now)));
    form.set('step', String(stepOf(range.step)));
  }
  const url = `${base}/api/v1/${range === undefined ? 'query' : 'query_range'}`;
  const send = sender(config, timeout, request, ports);
  const type = { 'content-type': 'application/x-www-form-urlencoded' };
  let response = await send('POST', url, form.toString(), type);
  // Some proxies let only GET through.
  if (response.status === 405 || response.status === 501) response = await send('GET', `${url}?${form}`, '', {});
  refuseFailure(response);
  return response;
}

type Send = (method: string, url: string, body: string, headers: Record<string, string>) => Promise<HttpResponse>;

function sender(config: PrometheusConfig, timeout: number, { signal }: MeasurementRequest, ports: ProviderPorts): Send {
  const { http, clock, environment } = ports;
  return async (method, url, body, given) => {
    let headers: Record<string, string> = { accept: 'application/json', ...given };
    for (const { key, value } of config.headers ?? []) headers[key.toLowerCase()] = value;
    const { sigv4, ...authentication } = config.authentication ?? {};
    const authorization = await authorizationHeader(authentication, { http: http satisfies Http, timeout, signal });
    if (authorization !== undefined) headers['authorization'] = authorization;
    else if (sigv4 !== undefined && url.includes('aps-workspaces')) {
      if (sigv4.profile || sigv4.roleArn)
        throw new Error(
          'authentication.sigv4 with profile or roleArn is not supported here: give the engine credentials of its own',
        );
      const region = sigv4.region || awsRegion(environment);
      const credentials = awsCredentials(environment);
      headers = signV4({ method, url, headers, body }, { region, service: 'aps', credentials, now: clock.now() });
    }
    return http.send({
      method,
      url,
      headers,
      body: body === '' ? undefined : body,
      timeout,
      maxBody: MAX_BODY,
      insecureSkipTLSVerify: config.insecure,
      signal,
    });
  };
}

function addressOf({ address }: PrometheusConfig, { environment }: ProviderPorts): string {
  const given = address || environment?.['ARGO_ROLLOUTS_PROMETHEUS_ADDRESS'] || '';
  if (given === '') throw new Error('prometheus address is not configured');
  if (!/^https?:\/\/[^/]+/.test(given))
    throw new Error(`prometheus address ${given} is not url format: it needs a scheme and a host`);
  return given.replace(/\/+$/, '');
}

function stepOf(step: string | undefined): number {
  if (step === undefined || step === '') throw new Error('rangeQuery needs a step, for example 1m');
  try {
    return parseDuration(step) / 1000;
  } catch (cause) {
    throw new Error(`failed to parse rangeQuery.step: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** What other answers than good ones say of themselves, as far as they do. */
function refuseFailure(response: HttpResponse): void {
  const ok = response.status >= 200 && response.status <= 299;
  let answer: Answer | null;
  try {
    answer = jsonOf(response, 'prometheus') as Answer | null;
  } catch (error) {
    if (ok) throw error;
    throw new Error(`prometheus answered ${response.status}: ${textOf(response).slice(0, 200)}`, { cause: error });
  }
  if (answer?.status !== 'success')
    throw new Error(`${answer?.errorType ?? `prometheus answered ${response.status}`}: ${answer?.error ?? 'without a reason'}`);
}

type Sample = [time: number, value: string];

interface Reading {
  result: unknown;
  value: string;
  numbers?: boolean;
  warnings: readonly string[];
}

function resultOf({ data, warnings }: Answer): Reading {
  return { ...samplesOf(data), warnings: warnings ?? [] };
}

function samplesOf(data: Answer['data']): Omit<Reading, 'warnings'> {
  switch (data?.resultType) {
    case 'scalar': {
      const value = numberOf(data.result as Sample);
      return { result: value, value: decimal(value) };
    }
    case 'vector': {
      const values = (data.result as { value: Sample }[]).map(({ value }) => numberOf(value));
      return { result: values, value: decimals(values), numbers: true };
    }
    case 'matrix': {
      const values = (data.result as { values: Sample[] }[]).flatMap((series) => series.values.map(numberOf));
      return { result: values, value: decimals(values), numbers: true };
    }
    default:
      throw new Error('Prometheus metric type not supported');
  }
}

function numberOf([, text]: Sample): number {
  if (/^[+-]?Inf$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (text === 'NaN') return Number.NaN;
  const value = Number(text);
  if (typeof text !== 'string' || text.trim() === '' || Number.isNaN(value))
    throw new Error(`prometheus answered with a sample that is no number: ${JSON.stringify(text)}`);
  return value;
}
