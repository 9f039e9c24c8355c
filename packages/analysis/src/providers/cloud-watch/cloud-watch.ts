/** `cloudWatch`: AWS CloudWatch metric data over the last minutes. */
import { parseDuration, goFormat } from '@kargo/gocompat';
import { providerConfig, type Provider } from '../../provider.ts';
import { readJSON, textOf } from '../answers/json-answer.ts';
import { measured } from '../answers/measured.ts';
import { awsCredentials, awsRegion } from '../authentication/aws.ts';
import { signV4 } from '@kargo/integrations';
import { awsQueries, type MetricDataQuery } from './queries.ts';

interface CloudWatchConfig {
  interval?: string;
  metricDataQueries?: MetricDataQuery[];
}

interface Message {
  Code?: string;
  Value?: string;
}

interface Answer {
  MetricDataResults?: { Id?: string; Label?: string; Values?: unknown[]; Timestamps?: number[]; StatusCode?: string }[] | null;
  Messages?: Message[] | null;
  message?: string;
  Message?: string;
  __type?: string;
}

const TIMEOUT = 30_000;
const TARGET = 'GraniteServiceVersion20100801.GetMetricData';

export const cloudWatchProvider: Provider = {
  name: 'cloudWatch',
  async run({ metric, signal }, { clock, http, environment }) {
    const config = providerConfig(metric).config as CloudWatchConfig;
    const now = clock.now();
    const region = awsRegion(environment);
    const url = `${environment?.['AWS_ENDPOINT_URL_CLOUDWATCH'] || environment?.['AWS_ENDPOINT_URL'] || `https://monitoring.${region}.amazonaws.com`}/`;
    const body = JSON.stringify({
      StartTime: Math.floor((now - parseDuration(config.interval || '5m')) / 1000),
      EndTime: Math.floor(now / 1000),
      MetricDataQueries: awsQueries(config.metricDataQueries ?? []),
    });
    const unsigned = {
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-amz-json-1.0', accept: 'application/json', 'x-amz-target': TARGET },
      body,
    };
    const credentials = awsCredentials(environment);
    const headers = signV4(unsigned, { region, service: 'monitoring', credentials, now });
    const response = await http.send({ ...unsigned, headers, timeout: TIMEOUT, signal });
    if (response.status !== 200) throw new Error(`CloudWatch answered ${response.status}: ${reasonOf(textOf(response))}`);
    const { results, messages } = readJSON(response, 'CloudWatch', (answer) => resultsOf(answer as Answer));
    return measured(metric, {
      result: results,
      value: goFormat(results.map(({ Values }) => Values)),
      keepValue: true,
      now,
      metadata: messages.length === 0 ? {} : { messages: messages.map(({ Code, Value }) => `${Code}: ${Value}`).join(', ') },
    });
  },
};

function resultsOf({ MetricDataResults, Messages }: Answer): { results: Record<string, unknown>[]; messages: Message[] } {
  const results = (MetricDataResults ?? []).map(({ Id, Label, Values, Timestamps, StatusCode }) => ({
    Id,
    Label,
    Values: (Values ?? []).map(numberOf),
    Timestamps: (Timestamps ?? []).map((seconds) => new Date(seconds * 1000).toISOString()),
    StatusCode,
  }));
  return { results, messages: Messages ?? [] };
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new TypeError('a value of CloudWatch that is no number');
  return value;
}

function reasonOf(text: string): string {
  try {
    const { __type: type, message, Message: other } = JSON.parse(text) as Answer;
    return [type?.split('#').at(-1), message ?? other].filter((part) => part !== undefined).join(': ');
  } catch {
    return text.slice(0, 200); // A proxy, say, does not answer in AWS' own form.
  }
}
