/** `web`: asks an HTTP endpoint and judges its answer. */
import { compileJSONPath, goJSON } from '@kargo/gocompat';
import type { HttpResponse } from '@kargo/integrations';
import {
  providerConfig,
  type MeasurementRequest,
  type MeasurementResult,
  type Provider,
  type ProviderPorts,
} from '../../provider.ts';
import { textOf } from '../answers/json-answer.ts';
import { measured } from '../answers/measured.ts';
import { authorizationHeader, type AuthenticationConfig } from '../authentication/authorization.ts';

interface WebConfig {
  method?: string;
  url?: string;
  headers?: { key: string; value: string }[];
  body?: string;
  jsonBody?: unknown;
  timeoutSeconds?: number;
  jsonPath?: string;
  insecure?: boolean;
  authentication?: AuthenticationConfig & { sigv4?: unknown };
}

const DEFAULT_TIMEOUT_SECONDS = 10;
/** Longest answer that is read, in bytes. */
const MAX_BODY = 1024 * 1024;
const METHODS = ['GET', 'POST', 'PUT'];

export const webProvider: Provider = {
  name: 'web',
  async run(request, ports) {
    const config = providerConfig(request.metric).config as WebConfig;
    const response = await send(config, request, ports);
    if (response.status < 200 || response.status > 299) throw new Error(`received non 2xx response code: ${response.status}`);
    return judge(config, request, response, ports.clock.now());
  },
};

async function send(config: WebConfig, { signal }: MeasurementRequest, { http }: ProviderPorts): Promise<HttpResponse> {
  const method = config.method ?? 'GET';
  if (!METHODS.includes(method))
    throw new Error(`web metric method must be one of ${METHODS.join(', ')}, found ${JSON.stringify(method)}`);
  if (config.url === undefined || config.url === '') throw new Error('web metric has no url');
  const hasJsonBody = config.jsonBody !== undefined && config.jsonBody !== null;
  const hasBody = config.body !== undefined && config.body !== '';
  if (hasBody && hasJsonBody) throw new Error('use either Body or JSONBody; both cannot exists for WebMetric payload');
  if ((hasBody || hasJsonBody) && method === 'GET')
    throw new Error('Body/JSONBody can only be used with POST or PUT WebMetric Method types');
  const timeout =
    (config.timeoutSeconds !== undefined && config.timeoutSeconds > 0 ? config.timeoutSeconds : DEFAULT_TIMEOUT_SECONDS) * 1000;
  const headers: Record<string, string> = {};
  for (const { key, value } of config.headers ?? []) headers[key.toLowerCase()] = value;
  if (hasJsonBody) headers['content-type'] = 'application/json';
  const authorization = await authorizationHeader(config.authentication ?? {}, { http, timeout, signal });
  if (authorization !== undefined) headers['authorization'] = authorization;
  return http.send({
    method,
    url: config.url,
    headers,
    body: hasJsonBody ? JSON.stringify(config.jsonBody) : hasBody ? config.body : undefined,
    timeout,
    maxBody: MAX_BODY,
    insecureSkipTLSVerify: config.insecure,
    signal,
  });
}

function judge(config: WebConfig, { metric }: MeasurementRequest, response: HttpResponse, now: number): MeasurementResult {
  const { sigv4 } = config.authentication ?? {};
  const metadata = sigv4 === undefined || sigv4 === null ? {} : { warnings: 'authentication.sigv4 has no effect on web metrics' };
  const text = textOf(response);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return measured(metric, { result: text, value: text, metadata, now }); // Not JSON: the text itself is the result.
  }
  const result = select(config.jsonPath, document);
  return measured(metric, { result, value: goJSON(result), metadata, now });
}

/** The first thing a JSONPath template finds. A bare path (`$.a`, `.a`) is taken as one. */
function select(template: string | undefined, document: unknown): unknown {
  const given = template === undefined || template === '' ? '{$}' : template;
  let found;
  try {
    found = compileJSONPath(/^[$.]/.test(given) ? `{${given}}` : given, { allowMissingKeys: false }).first(document);
  } catch (error) {
    // The path is known from the metric; only what is wrong with it is news.
    const reason = (error instanceof Error ? error.message : String(error)).replace(/^error executing jsonpath ".*": /s, '');
    throw new Error(`Could not find JSONPath in body: ${reason}`, { cause: error });
  }
  if (!found.found) throw new Error('result of web metric produced no value');
  return found.value;
}
