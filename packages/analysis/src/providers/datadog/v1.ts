import type { Http, HttpResponse } from '@kargo/integrations';
import { goJSON } from '@kargo/gocompat';
import { decimal } from '../answers/decimal.ts';
import { readJSON, strangeAnswer } from '../answers/json-answer.ts';
import type { Measured } from '../answers/measured.ts';
import { refuseFailure, type DatadogAccess } from './access.ts';
import type { ReadDatadogConfig } from './config.ts';

/** A question to Datadog about a stretch of time (epoch milliseconds). */
export interface DatadogQuery {
  config: ReadDatadogConfig;
  access: DatadogAccess;
  from: number;
  to: number;
  signal: AbortSignal;
}

interface Answer {
  status?: string;
  error?: string;
  series?: { pointlist?: [number, number | null][] }[];
}

/** The last point of the first series; nothing if there is none. */
export async function queryV1({ config, access, from, to, signal }: DatadogQuery, http: Http): Promise<Measured> {
  const query = new URLSearchParams({
    query: config.queries['query'] ?? '',
    from: String(Math.floor(from / 1000)),
    to: String(Math.floor(to / 1000)),
  });
  const response = await http.send({
    method: 'GET',
    url: `${access.address}/api/v1/query?${query}`,
    headers: access.headers,
    timeout: config.timeout,
    signal,
  });
  refuseFailure(response);
  return readJSON(response, 'datadog', (answer) => lastPoint((answer ?? {}) as Answer, response));
}

function lastPoint(answer: Answer, response: HttpResponse): Measured {
  if (answer.status === 'error') throw new Error(`datadog could not answer the query: ${answer.error ?? 'no reason given'}`);
  if (!Array.isArray(answer.series)) throw new Error('datadog answered something else than series of points; check its address');
  const [series] = answer.series;
  if (series === undefined) return { result: null, value: '[]' };
  if (typeof series !== 'object') throw strangeAnswer(response, 'datadog');
  const last = series.pointlist?.at(-1)?.[1];
  if (last === undefined || last === null) return { result: null, value: goJSON(answer.series) };
  if (typeof last !== 'number') throw strangeAnswer(response, 'datadog');
  return { result: last, value: decimal(last) };
}
