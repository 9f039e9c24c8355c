import { describe, expect, it } from 'vitest';
import { credentialsTraceText, credentialsType } from './explain-credentials.ts';

describe('kargo explain credentials', () => {
  it.each([
    ['https://github.com/acme/deploy', undefined, 'git'],
    ['ssh://git@github.com/acme/deploy', undefined, 'git'],
    ['git@github.com:acme/deploy.git', undefined, 'git'],
    ['oci://ghcr.io/acme/charts/web', undefined, 'helm'],
    ['ghcr.io/acme/web', undefined, 'image'],
    ['localhost:5000/web', undefined, 'image'],
    ['https://charts.acme.io', 'helm', 'helm'],
  ])('%s (--type %s) is about %s', (url, given, want) => {
    expect(credentialsType(url, given)).toBe(want);
  });

  it('says what is used and why, in lines', () => {
    expect(
      credentialsTraceText({
        summary: 'Secret shop/b is used (GitHub App)',
        namespaces: ['shop', 'shared'],
        candidates: [
          { namespace: 'shop', name: 'a', verdict: 'noMatch', reason: 'its repoURL is another repository, x' },
          { namespace: 'shop', name: 'b', verdict: 'chosen', reason: 'its repoURL is this repository' },
        ],
        providers: [{ name: 'GitHub App', chosen: true, reason: 'the Secret has it' }],
      }),
    ).toBe(
      [
        'Secret shop/b is used (GitHub App).',
        '',
        'Secrets, in the order of shop, shared:',
        '  no    shop/a: its repoURL is another repository, x',
        '  used  shop/b: its repoURL is this repository',
        '',
        'Ways to credentials, in their order:',
        '  used  GitHub App: the Secret has it',
        '',
      ].join('\n'),
    );
  });
});
