import { expect, it } from 'vitest';
import { signV4 } from './sigv4.ts';

const options = {
  region: 'us-east-1',
  service: 'service',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  now: Date.parse('2015-08-30T12:36:00Z'),
};

/** From AWS' published test suite for Signature Version 4. */
it.each([
  ['GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['GET', '/?Param2=value2&Param1=value1', 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500'],
  ['POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
])('signs %s %s as AWS does', (method, path, signature) => {
  const headers = signV4({ method, url: `https://example.amazonaws.com${path}`, headers: {}, body: '' }, options);
  expect(headers).toEqual({
    'x-amz-date': '20150830T123600Z',
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  });
});

it('signs the session token with the rest', () => {
  const credentials = { ...options.credentials, sessionToken: 'token' };
  const headers = signV4(
    { method: 'GET', url: 'https://example.amazonaws.com/', headers: {}, body: '' },
    { ...options, credentials },
  );
  expect(headers['x-amz-security-token']).toBe('token');
  expect(headers['authorization']).toContain('SignedHeaders=host;x-amz-date;x-amz-security-token');
});
