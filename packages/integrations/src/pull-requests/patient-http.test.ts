import type { Clock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import type { HttpResponse } from '../http/port.ts';
import { patientHttp } from './patient-http.ts';

const answer = (status: number, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers,
  body: Buffer.alloc(0),
});

/** What a request comes to when these answers are given, how often it was sent, and how many seconds it waited. */
async function send(method: string, answers: readonly HttpResponse[]): Promise<[number, number, number]> {
  let sent = 0;
  let waited = 0;
  const clock: Clock = {
    now: () => Date.parse('2026-01-01T00:00:00Z') + waited,
    setTimer: () => ({ cancel: () => undefined }),
    sleep: async (ms) => {
      waited += ms;
    },
  };
  const http = patientHttp({ send: async () => answers[Math.min(sent++, answers.length - 1)]! }, clock);
  const { status } = await http.send({ method, url: 'https://example.com/', timeout: 1 });
  return [status, sent, waited / 1000];
}

describe('requests to providers', () => {
  it.each<[string, string, HttpResponse[], [number, number, number]]>([
    ['wait as long as they are told', 'POST', [answer(429, { 'retry-after': '30' }), answer(201)], [201, 2, 30]],
    ['wait until a date', 'GET', [answer(429, { 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }), answer(200)], [200, 2, 5]],
    [
      'wait for the limit to be reset',
      'PATCH',
      [answer(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1767225650' }), answer(200)],
      [200, 2, 50],
    ],
    ['do not wait for long', 'GET', [answer(429, { 'retry-after': '3600' })], [429, 1, 0]],
    ['give up after some attempts', 'GET', [answer(429)], [429, 4, 7]],
    ['read again from a server in trouble', 'GET', [answer(503), answer(200)], [200, 2, 1]],
    ['do not write again to a server in trouble', 'POST', [answer(502), answer(201)], [502, 1, 0]],
    ['take no for an answer', 'GET', [answer(403)], [403, 1, 0]],
  ])('%s', async (_, method, answers, want) => {
    expect(await send(method, answers)).toEqual(want);
  });
});
