import type { Clock } from '@kargo/kube';
import { HttpError } from '../http/http-error.ts';
import type { Http, HttpResponse } from '../http/port.ts';
import { retryAfterOf } from '../http/retry-after.ts';
import { CloudError } from './cloud-error.ts';

const ATTEMPTS = 3;
const TIMEOUT_MS = 20_000;
const MAX_BODY = 256 * 1024;
const LONGEST_PAUSE_MS = 10_000;

/** One request to a service that gives tokens. */
export interface TokenRequest {
  /** What is being done, for messages: `get a token of GitHub App 7`. */
  action: string;
  method?: 'GET' | 'POST' | 'PUT' | undefined;
  url: string;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
  /** Milliseconds. Default 20 s. */
  timeout?: number | undefined;
  /** How often it is tried. Default 3 times. */
  attempts?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** What requests for tokens go through. */
export interface TokenTransport {
  http: Http;
  clock: Clock;
}

/**
 * The answer to a request for a token, if it is one of success. Trouble that passes is tried again. Fails with `CloudError`, which quotes
 * what the service says about errors, but nothing else.
 */
export async function requestToken({ http, clock }: TokenTransport, request: TokenRequest): Promise<HttpResponse> {
  const { action, method = 'GET', url, headers, body, timeout = TIMEOUT_MS, attempts = ATTEMPTS, signal } = request;
  for (let attempt = 1; ; attempt += 1) {
    let failure: CloudError;
    let pause: number | undefined;
    try {
      const answer = await http.send({ method, url, headers, body, timeout, maxBody: MAX_BODY, maxRedirects: 0, signal });
      if (answer.status >= 200 && answer.status < 300) return answer;
      failure = refusal(action, answer);
      pause = retryAfterOf(answer, clock.now());
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const code = error.code === 'aborted' ? 'aborted' : error.transient ? 'unreachable' : 'invalid';
      failure = new CloudError(code, `could not ${action}: ${error.message}`, { cause: error });
    }
    const wait = pause ?? 300 * 2 ** (attempt - 1);
    if (!failure.transient || attempt >= attempts || wait > LONGEST_PAUSE_MS) throw failure;
    await clock.sleep(wait, signal === undefined ? {} : { signal });
  }
}

/** An answer as JSON. Fails with `CloudError`. */
export function jsonOf(action: string, { body }: HttpResponse): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString());
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new CloudError('failed', `could not ${action}: the answer is not readable JSON`, { cause: error });
  }
  throw new CloudError('failed', `could not ${action}: the answer is not a JSON object`);
}

/** A text of an answer that must be there. Fails with `CloudError`. */
export function textIn(action: string, answer: Record<string, unknown>, name: string): string {
  const value = answer[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new CloudError('failed', `could not ${action}: the answer has no ${name}`);
}

function refusal(action: string, answer: HttpResponse): CloudError {
  const { status } = answer;
  const said = explanation(Buffer.from(answer.body).toString());
  const words = said === '' ? `status ${status}` : `status ${status}: ${said}`;
  const code = status === 429 || status >= 500 ? 'failed' : status === 400 ? 'invalid' : 'denied';
  return new CloudError(code, `could not ${action}: ${words}`, { status });
}

/** The service's own words, where it has a form for errors. */
function explanation(body: string): string {
  const texts: unknown[] = [];
  if (body.trimStart().startsWith('<')) {
    for (const name of ['Code', 'Message']) texts.push(new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1]);
  } else {
    try {
      const value = JSON.parse(body) as Record<string, unknown> | null;
      const error = value?.['error'];
      const nested = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
      texts.push(value?.['__type'], error, nested['code'], nested['status'], nested['message']);
      texts.push(value?.['error_description'], value?.['message'], value?.['Message']);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return texts
    .filter((text) => typeof text === 'string' && text !== '')
    .join(' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300);
}
