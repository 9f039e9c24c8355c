/** Which hosts metrics may ask. */
import { compileGlob } from '@kargo/gocompat';
import type { Http, HttpRequest, HttpResponse } from '@kargo/integrations';

/** Globs over host names (`*.example.com`), without ports. A denied host is refused even if it is allowed as well. */
export interface EgressRules {
  /** If given, every other host is refused. */
  allow?: readonly string[] | undefined;
  deny?: readonly string[] | undefined;
}

const MAX_REDIRECTS = 10;
const REDIRECTS = [301, 302, 303, 307, 308];
const CREDENTIALS = ['authorization', 'cookie', 'proxy-authorization'];

/** HTTP that keeps to the rules, also where a server redirects to. Without rules it is the given one. Link-local addresses stay refused. */
export function guardedHttp(http: Http, { allow, deny }: EgressRules): Http {
  if (allow === undefined && deny === undefined) return http;
  const allowed = allow?.map((pattern) => compileGlob(pattern.toLowerCase()));
  const denied = (deny ?? []).map((pattern) => compileGlob(pattern.toLowerCase()));
  const check = (url: string): URL => {
    const parsed = new URL(url);
    const host = parsed.hostname.replace(/^\[|\]$/g, '').toLowerCase();
    if (denied.some((glob) => glob.matches(host)))
      throw new Error(`metrics may not ask ${host}: the operator's egress rules deny it`);
    if (allowed?.some((glob) => glob.matches(host)) === false)
      throw new Error(`metrics may not ask ${host}: the operator's egress rules do not allow it`);
    return parsed;
  };
  return {
    async send(request) {
      let current: HttpRequest = { ...request, maxRedirects: 0 };
      for (let redirects = 0; ; redirects += 1) {
        const url = check(current.url);
        const response = await http.send(current);
        const { location } = response.headers;
        if (location === undefined || !REDIRECTS.includes(response.status)) return response;
        if (redirects >= (request.maxRedirects ?? MAX_REDIRECTS)) return response;
        current = follow(current, response, url, new URL(location, url));
      }
    },
  };
}

function follow(request: HttpRequest, { status }: HttpResponse, from: URL, to: URL): HttpRequest {
  const becomesGet = status === 303 ? request.method !== 'HEAD' : status <= 302 && request.method === 'POST';
  const dropped = from.origin === to.origin ? [] : CREDENTIALS;
  const headers = Object.fromEntries(
    Object.entries(request.headers ?? {}).filter(
      ([name]) => !dropped.includes(name.toLowerCase()) && !(becomesGet && name.toLowerCase() === 'content-type'),
    ),
  );
  return { ...request, headers, url: to.href, ...(becomesGet ? { method: 'GET', body: undefined } : {}) };
}
