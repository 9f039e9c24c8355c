import { describe, expect, it } from 'vitest';
import { claimsOfToken } from './token.ts';

const token = (payload: object): string => `x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.y`;

describe('what a token says of itself', () => {
  it.each([
    {
      name: 'times and names, in any script',
      token: token({ exp: 5, sub: 'a', email: 'jürgen@例え.example' }),
      want: { exp: 5, sub: 'a', email: 'jürgen@例え.example' },
    },
    { name: 'nothing of another type', token: token({ exp: 'soon', sub: 1 }), want: {} },
    { name: 'nothing of an API token', token: 'opaque', want: {} },
    { name: 'nothing of rubbish', token: 'a.%%%.c', want: {} },
  ])('$name', ({ token: given, want }) => expect(claimsOfToken(given)).toEqual(want));
});
