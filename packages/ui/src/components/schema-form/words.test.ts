import { describe, expect, it } from 'vitest';
import { hintOf, labelOf, singular, summaryOf } from './words.ts';

describe('words of a form that a schema makes', () => {
  it.each([
    ['repoURL', 'Repo URL'],
    ['continueOnError', 'Continue on error'],
    ['insecureSkipTLSVerify', 'Insecure skip TLS verify'],
    ['as', 'As'],
  ])('%s is %s', (key, label) => expect(labelOf(key)).toBe(label));

  it.each([
    ['Apps', 'app'],
    ['Policies', 'policy'],
    ['Images', 'image'],
    ['Sources', 'source'],
    ['Branches', 'branch'],
  ])('one of %s is a %s', (label, one) => expect(singular(label)).toBe(one));

  it('says what is in a closed step in few words', () => {
    expect(summaryOf({ repoURL: 'https://x', checkout: [{ branch: 'main', path: './src' }] })).toBe('https://x, main, ./src');
    expect(summaryOf({ a: 'x'.repeat(100) }, 10)).toBe(`${'x'.repeat(9)}…`);
  });

  it('shows descriptions without their marks', () => expect(hintOf('Exclusive with `tag`.')).toBe('Exclusive with tag.'));
});
