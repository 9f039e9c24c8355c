import type { HttpRequest } from '@kargo/integrations';
import { describe, expect, it } from 'vitest';
import { guardedHttp, type EgressRules } from './egress.ts';

/** Redirects from `http://from/` to wherever its path says, and answers everything else. */
const asked: HttpRequest[] = [];
const http = {
  send: (request: HttpRequest) => {
    asked.push(request);
    const { host, pathname } = new URL(request.url);
    const location = host === 'from.example' ? decodeURIComponent(pathname.slice(1)) : undefined;
    return Promise.resolve(
      location === undefined
        ? { status: 200, headers: {}, body: new Uint8Array() }
        : { status: 302, headers: { location }, body: new Uint8Array() },
    );
  },
};
const get = (rules: EgressRules, url: string): Promise<number> =>
  guardedHttp(http, rules)
    .send({ method: 'GET', url, timeout: 1, headers: { authorization: 'secret' } })
    .then(({ status }) => status);

describe('egress rules', () => {
  it.each<[EgressRules, string, string | undefined]>([
    [{}, 'http://any.example/', undefined],
    [{ allow: ['*.example'] }, 'http://prom.example:9090/', undefined],
    [{ allow: ['*.example'] }, 'http://PROM.EXAMPLE/', undefined],
    [{ allow: ['*.example'] }, 'http://prom.other/', 'do not allow it'],
    [{ allow: [] }, 'http://prom.example/', 'do not allow it'],
    [{ deny: ['*.internal'] }, 'http://db.internal/', 'deny it'],
    [{ deny: ['*.internal'] }, 'http://prom.example/', undefined],
    [{ allow: ['*'], deny: ['10.*'] }, 'http://10.0.0.1/', 'deny it'],
    [{ allow: ['*'], deny: ['::1'] }, 'http://[::1]/', 'deny it'],
    [{ deny: ['*.internal'] }, 'http://from.example/http%3A%2F%2Fdb.internal%2F', 'deny it'],
    [{ allow: ['from.example'] }, 'http://from.example/http%3A%2F%2Fother%2F', 'do not allow it'],
    [{ allow: ['*.example'] }, 'http://from.example/http%3A%2F%2Fto.example%2F', undefined],
  ])('%j and %s: %s', async (rules, url, message) => {
    if (message === undefined) expect(await get(rules, url)).toBe(200);
    else await expect(get(rules, url)).rejects.toThrow(message);
  });

  it('keep credentials to the host they were given for', async () => {
    asked.length = 0;
    await get({ allow: ['*'] }, 'http://from.example/http%3A%2F%2Fto.example%2F');
    expect(asked.map(({ headers }) => headers)).toEqual([{ authorization: 'secret' }, {}]);
  });
});
