import { describe, expect, it } from 'vitest';
import { expressionActor } from './actor.ts';
import { decodeAbortRequest, decodeVerificationRequest, encodeRequest, isSameRequest } from './annotation-requests.ts';
import { isStageAuthorized, parseAuthorizedStages } from './authorized-stages.ts';

describe('requests by annotation', () => {
  it.each<[string | undefined, unknown]>([
    ['7f0c-1', { id: '7f0c-1' }],
    ['{"id":"7f0c","actor":"email:k@x","controlPlane":true}', { id: '7f0c', actor: 'email:k@x', controlPlane: true }],
    ['{"id":""}', undefined],
    ['{"actor":"x"}', undefined],
    ['{"id":1}', undefined],
    ['123', undefined],
    ['[]', undefined],
    ['null', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('[S42] reverify %s', (value, want) => {
    expect(decodeVerificationRequest(value)).toEqual(want);
  });

  it('abort of a Promotion is an action', () => {
    expect(decodeAbortRequest('terminate')).toEqual({ action: 'terminate' });
    const request = { action: 'terminate', actor: 'admin' };
    expect(decodeAbortRequest(encodeRequest(request))).toEqual(request);
  });

  it('requests are the same only if id, actor and flag are', () => {
    expect(isSameRequest({ id: 'a' }, { id: 'a', controlPlane: false, actor: '' })).toBe(true);
    expect(isSameRequest({ id: 'a' }, { id: 'a', actor: 'x' })).toBe(false);
    expect(isSameRequest(undefined, undefined)).toBe(true);
    expect(isSameRequest({ id: 'a' }, undefined)).toBe(false);
  });
});

describe('actors in expressions', () => {
  it.each([
    ['admin', 'admin'],
    ['email:kim@acme.io', 'kim@acme.io'],
    ['kubernetes:system:serviceaccount:a:b', 'system:serviceaccount:a:b'],
    ['unknown actor', ''],
    [undefined, ''],
  ])('%s', (actor, want) => {
    expect(expressionActor(actor)).toBe(want);
  });
});

describe('authorized-stage', () => {
  it('lists project:stage pairs', () => {
    expect(parseAuthorizedStages(' shop:test, ,shop:uat ')).toEqual({
      kind: 'valid',
      stages: [
        { project: 'shop', stage: 'test' },
        { project: 'shop', stage: 'uat' },
      ],
    });
  });

  it.each(['shop', 'shop:', ':test', 'a:b:c', 'shop:*', 'shop:test,*:uat'])('%s authorises nobody', (value) => {
    expect(parseAuthorizedStages(value).kind).toBe('invalid');
    expect(isStageAuthorized(value, { project: 'shop', stage: 'test' })).toBe(false);
  });

  it('authorises those it names', () => {
    expect(isStageAuthorized('shop:test', { project: 'shop', stage: 'test' })).toBe(true);
    expect(isStageAuthorized('shop:test', { project: 'shop', stage: 'prod' })).toBe(false);
    expect(isStageAuthorized(undefined, { project: 'shop', stage: 'test' })).toBe(false);
  });
});
