import type { Http, HttpRequest, HttpResponse } from '../http/port.ts';
import type { Recorder } from './effects.ts';

/** Methods that, by the rules of HTTP, change nothing. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * HTTP that changes nothing: requests with a safe method pass through, others are recorded and answered by `answer` (default: status
 * 200 and an empty body).
 */
export function recordingHttp(
  http: Http,
  record: Recorder,
  options: { answer?: ((request: HttpRequest) => HttpResponse) | undefined } = {},
): Http {
  return {
    async send(request) {
      if (SAFE.has(request.method.toUpperCase())) return http.send(request);
      record({
        kind: 'http',
        method: request.method,
        url: shown(request.url),
        size: request.bodyFrom?.size ?? Buffer.byteLength(request.body ?? ''),
      });
      return options.answer?.(request) ?? { status: 200, headers: {}, body: new Uint8Array() };
    },
  };
}

function shown(address: string): string {
  if (!URL.canParse(address)) return '(unreadable URL)';
  const url = new URL(address);
  return `${url.protocol}//${url.host}${url.pathname}`;
}
