import { describe, expect, it } from 'vitest';
import { credentialsAdvice, type Refused } from './credentials-advice.ts';

const SECRET = { namespace: 'shop', name: 'robot' };

describe('advice after a refusal', () => {
  it.each<{ name: string; refused: Refused; says: RegExp[]; not?: RegExp }>([
    {
      name: 'names label and keys of the Secret that is missing',
      refused: { type: 'git', repository: 'https://example.com/a.git', hasCredentials: false },
      says: [/cred-type: git/, /repoURL \(https:\/\/example\.com\/a\.git\), username and password/],
      not: /http:\/\//,
    },
    {
      name: 'tells that plain HTTP needs a setting too',
      refused: { type: 'git', repository: 'http://example.com/a.git', hasCredentials: false },
      says: [/cred-type: git/, /--allow-credentials-over-http/],
    },
    {
      name: 'names the Secret that is refused',
      refused: { type: 'image', repository: 'example.com/a', hasCredentials: true, source: SECRET },
      says: [/Secret shop\/robot/],
      not: /create a Secret/,
    },
    {
      name: 'knows no Secret when the credentials stand in the URL',
      refused: { type: 'git', repository: 'https://example.com/a.git', hasCredentials: true },
      says: [/the credentials it was given/],
      not: /Secret/,
    },
  ])('$name', ({ refused, says, not }) => {
    const advice = credentialsAdvice(refused);
    for (const pattern of says) expect(advice).toMatch(pattern);
    if (not !== undefined) expect(advice).not.toMatch(not);
  });
});
