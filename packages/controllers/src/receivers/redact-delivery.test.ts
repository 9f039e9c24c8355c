import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aDelivery } from './fixtures.ts';
import { MAX_KEPT_BODY, redactDelivery } from './redact-delivery.ts';

describe('what is kept of a delivery', () => {
  it('no header, parameter or field that may be a secret', () => {
    const delivery = aDelivery(
      { ref: 'x', auth_token: 'abc', nested: [{ Password: 'def', private: true }], apiKey: { a: 'ghi' } },
      {
        authorization: 'Bearer abc',
        'x-gitlab-token': 't',
        'x-hub-signature-256': 's',
        cookie: 'c',
        'x-event-key': 'repo:push',
        host: 'h',
      },
      { access_token: 'abc', env: 'prod' },
    );
    expect(redactDelivery(delivery, [])).toEqual({
      headers: { 'x-event-key': 'repo:push' },
      query: { env: 'prod' },
      body: '{"ref":"x","auth_token":"(removed)","nested":[{"Password":"(removed)","private":true}],"apiKey":"(removed)"}',
      bodySize: delivery.body.length,
      removed: expect.arrayContaining(['header authorization', 'parameter access_token', 'field Password']) as string[],
    });
  });

  it('a body without secrets to the byte', () => {
    const body = '{ "ref" : "refs/heads/main",\n "n": 1.0 }';
    expect(redactDelivery(aDelivery(body), []).body).toBe(body);
  });

  it.each([
    ['too large', 'x'.repeat(MAX_KEPT_BODY + 1)],
    ['not JSON', 'token=abc'],
    ['too deep', `${'['.repeat(5000)}${']'.repeat(5000)}`],
  ])('no body that is %s', (_why, body) => {
    expect(redactDelivery(aDelivery(body), [])).toMatchObject({ bodySize: body.length });
    expect(redactDelivery(aDelivery(body), [])).not.toHaveProperty('body');
  });

  it('the secret of the receiver nowhere, wherever it was sent', () => {
    const text = fc.string({ unit: 'grapheme-ascii' });
    fc.assert(
      fc.property(fc.dictionary(text, text), fc.dictionary(text, text), fc.object(), text, (headers, query, body, around) => {
        const secret = 'hunter2-and-more';
        const sent = `${around}${secret}${around}`;
        const delivery = aDelivery({ ...body, [around]: sent, list: [sent] }, { ...headers, 'x-a': sent }, { ...query, a: sent });
        expect(JSON.stringify(redactDelivery(delivery, [secret]))).not.toContain(secret);
      }),
    );
  });
});
