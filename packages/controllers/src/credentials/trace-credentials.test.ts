import { silentLog } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { secretCredentials } from './secret-credentials.ts';
import { reader, type SecretInput } from './testing.ts';
import { traceCredentials, type TraceDeps } from './trace-credentials.ts';

const URL = 'https://github.com/Acme/Config.git';
const login = { username: 'kim', password: 'hunter2' };

const trace = (
  secrets: SecretInput[],
  query: { type?: 'git' | 'image' | 'helm'; repoURL?: string } = {},
  more: Partial<TraceDeps> = {},
) =>
  traceCredentials(
    { reader: reader(...secrets), sharedNamespace: 'shared', ...more },
    { project: 'shop', type: 'git', repoURL: URL, ...query },
  );

describe('the trace of credentials', () => {
  const secrets: SecretInput[] = [
    { name: 'a-other', data: { repoURL: 'https://github.com/acme/other', ...login } },
    { name: 'b-broken', data: { repoURL: '(', repoURLIsRegex: 'true', ...login } },
    { name: 'c-pattern', data: { repoURL: '^https://github\\.com/acme/', repoURLIsRegex: 'true', ...login } },
    { name: 'd-exact', data: { repoURL: 'https://github.com/acme/config', ...login } },
    { name: 'e-image', type: 'image', data: { repoURL: '.*', repoURLIsRegex: 'true', ...login } },
    { name: 'f-unlabelled', type: '', data: { repoURL: URL, ...login } },
    { name: 'g-unrelated', type: '', data: { password: 'x' } },
    { namespace: 'shared', name: 'a', data: { repoURL: URL, ...login } },
  ];

  it('names every Secret that could be meant, and why it is used or is not', async () => {
    const { candidates, summary, namespaces, outcome } = await trace(secrets);
    expect(candidates.map(({ namespace, name, verdict, reason }) => `${verdict} ${namespace}/${name}: ${reason}`))
      .toMatchInlineSnapshot(`
      [
        "noMatch shop/a-other: its repoURL is another repository, https://github.com/acme/other",
        "noMatch shop/b-broken: its repoURL is no valid pattern: "(" is not an RE2 regular expression: error parsing regexp: missing closing ): \`(\`",
        "chosen shop/c-pattern: its pattern ^https://github\\.com/acme/ matches https://github.com/acme/config",
        "shadowed shop/d-exact: its repoURL is this repository, but c-pattern comes before it by name",
        "otherType shop/e-image: its label kargo.akuity.io/cred-type is image, not git; but its pattern .* matches https://github.com/Acme/Config.git",
        "otherType shop/f-unlabelled: it has no label kargo.akuity.io/cred-type, not git; but its repoURL is this repository",
        "shadowed shared/a: its repoURL is this repository, but the namespace shop is searched before shared",
      ]
    `);
    expect([outcome, namespaces]).toEqual(['secret', ['shop', 'shared']]);
    expect(summary).toBe('Secret shop/c-pattern is used (SSH key or password)');
  });

  it('chooses as it is chosen when it matters', async () => {
    for (let from = 0; from < secrets.length; from += 1) {
      const some = secrets.slice(from);
      const { source } =
        (await secretCredentials({ reader: reader(...some), log: silentLog, sharedNamespace: 'shared' }).find({
          project: 'shop',
          type: 'git',
          repoURL: URL,
        })) ?? {};
      const chosen = (await trace(some)).candidates.find(({ verdict }) => verdict === 'chosen');
      expect(chosen === undefined ? undefined : { namespace: chosen.namespace, name: chosen.name }).toEqual(source);
    }
  });

  it('holds no secret', async () => {
    const text = JSON.stringify(await trace(secrets, { repoURL: 'https://kim:hunter2@github.com/acme/config' }));
    expect(text).not.toContain('hunter2');
  });

  it('tells of others only what matches', async () => {
    const { candidates } = await trace(
      [...secrets, { namespace: 'shared', name: 'b', data: { repoURL: 'https://github.com/secret/project', ...login } }],
      {},
      { discreet: (namespace) => namespace === 'shared' },
    );
    expect(candidates.filter(({ namespace }) => namespace === 'shared').map(({ name }) => name)).toEqual(['a']);
  });

  it.each<[string, SecretInput[], Parameters<typeof trace>[1], Partial<TraceDeps>, string, RegExp]>([
    ['plain HTTP', secrets, { repoURL: 'http://git.example.com/a' }, {}, 'none', /not sent over plain HTTP/],
    ['no Secret', [], {}, {}, 'none', /asked without credentials/],
    [
      'a registry of a cloud',
      [],
      { type: 'image', repoURL: 'acme.azurecr.io/web' },
      {},
      'ambient',
      /Azure identity of this machine/,
    ],
    [
      'a registry of a cloud where that does not count',
      [],
      { type: 'image', repoURL: 'acme.azurecr.io/web' },
      { ambient: false },
      'none',
      /without/,
    ],
    [
      'a Secret without anything usable',
      [{ name: 'a', data: { repoURL: URL, githubAppID: '1' } }],
      {},
      {},
      'unusable',
      /holds nothing that can be used/,
    ],
  ])('of %s', async (_, given, query, more, outcome, says) => {
    const found = await trace(given, query, more);
    expect(found.outcome).toBe(outcome);
    expect(found.summary).toMatch(says);
  });

  it('tells each way to credentials why it is not taken', async () => {
    const { providers } = await trace([{ name: 'a', data: { repoURL: URL, githubAppClientID: 'x', ...login } }]);
    expect(providers).toEqual([
      { name: 'GitHub App', chosen: false, reason: 'the Secret has no githubAppInstallationID and githubAppPrivateKey' },
      { name: 'ECR key', chosen: false, reason: 'the Secret has no awsAccessKeyID and awsSecretAccessKey' },
      { name: 'Google service account key', chosen: false, reason: 'the Secret has no gcpServiceAccountKey' },
      { name: 'SSH key or password', chosen: true, reason: 'the Secret has username and password, or sshPrivateKey' },
    ]);
  });
});
