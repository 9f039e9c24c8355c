import type { Clock } from '@kargo/kube';
import type { Http, HttpResponse } from '../http/port.ts';

/** How often a request is repeated. */
const ATTEMPTS = 4;
/** Milliseconds that are waited at most before one repetition. A provider that wants more is told of as a failure. */
const LONGEST_WAIT = 60_000;
const FIRST_WAIT = 1000;
/** Servers in trouble. What only reads can be asked again. */
const TROUBLE: ReadonlySet<number> = new Set([502, 503, 504]);

/**
 * HTTP that waits when a provider asks for it: requests that were turned away by a rate limit are repeated when it is over, if that is
 * soon, and those that only read are also repeated when the server is in trouble.
 */
export function patientHttp(http: Http, clock: Clock): Http {
  return {
    async send(request) {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await http.send(request);
        const pause = pauseOf(answer, request.method, attempt, clock.now());
        if (pause === undefined || pause > LONGEST_WAIT || attempt === ATTEMPTS) return answer;
        await clock.sleep(pause, request.signal === undefined ? {} : { signal: request.signal });
      }
    },
  };
}

/** Milliseconds after which to ask again; undefined if that makes no sense. */
function pauseOf({ status, headers }: HttpResponse, method: string, attempt: number, now: number): number | undefined {
  const own = FIRST_WAIT * 2 ** (attempt - 1);
  if (status === 429 || (status === 403 && (headers['retry-after'] !== undefined || headers['x-ratelimit-remaining'] === '0')))
    return retryAfter(headers, now) ?? own;
  return TROUBLE.has(status) && method === 'GET' ? own : undefined;
}

/** `Retry-After` in seconds or as a date; else when the limit is reset, in seconds since 1970. */
function retryAfter(headers: HttpResponse['headers'], now: number): number | undefined {
  const { 'retry-after': after, 'x-ratelimit-reset': githubReset, 'ratelimit-reset': gitlabReset } = headers;
  if (after !== undefined) {
    if (/^\d+$/.test(after)) return Number(after) * 1000;
    const at = Date.parse(after);
    return Number.isNaN(at) ? undefined : Math.max(0, at - now);
  }
  const reset = githubReset ?? gitlabReset;
  return reset !== undefined && /^\d+$/.test(reset) ? Math.max(0, Number(reset) * 1000 - now) : undefined;
}
