import { describe, expect, it } from 'vitest';
import type { Delivery, Reading } from '../delivery.ts';
import { aDelivery, SECRET, signed } from '../fixtures.ts';
import { providers } from './providers.ts';
import { CODE_HOST_CASES, commit, githubRepository, githubURLs } from './testing/code-host-cases.ts';
import { news, type Case, type Sender } from './testing/delivery-case.ts';
import { acr, REGISTRY_CASES } from './testing/registry-cases.ts';

/** How each sender proves that it is one. */
const sign: Record<Sender, (delivery: Delivery, secret?: string) => Delivery> = {
  github: (delivery, secret) => signed(delivery, 'x-hub-signature-256', 'sha256=', secret),
  gitea: (delivery, secret) => signed(delivery, 'x-hub-signature-256', 'sha256=', secret),
  bitbucket: (delivery, secret) => signed(delivery, 'x-hub-signature', 'sha256=', secret),
  artifactory: (delivery, secret) => signed(delivery, 'x-jfrog-event-auth', '', secret),
  gitlab: (delivery, secret = SECRET) => ({ ...delivery, headers: { ...delivery.headers, 'x-gitlab-token': secret } }),
  harbor: (delivery, secret = SECRET) => ({ ...delivery, headers: { ...delivery.headers, authorization: secret } }),
  azure: (delivery) => delivery,
  dockerhub: (delivery) => delivery,
  quay: (delivery) => delivery,
};
const SIGNING = (['github', 'gitea', 'bitbucket', 'artifactory', 'gitlab', 'harbor'] as const).map((type) => ({ type }));

function read({ type, headers = {}, body, virtualRepository }: Omit<Case, 'name' | 'want'>, secret?: string): Reading {
  const delivery = sign[type](aDelivery(body, headers), secret);
  return providers[type](delivery, { secret: SECRET, virtualRepository });
}

describe('what deliveries mean', () => {
  it.each([...CODE_HOST_CASES, ...REGISTRY_CASES])('$type: $name', ({ want, ...given }) => {
    expect(read(given)).toMatchObject(want);
  });

  const events: Partial<Record<Sender, Record<string, string>>> = {
    github: { 'x-github-event': 'push' },
    gitea: { 'x-gitea-event': 'push' },
    bitbucket: { 'x-event-key': 'repo:push' },
    gitlab: { 'x-gitlab-event': 'Push Hook' },
    azure: acr,
  };

  it.each(SIGNING)('$type: refused with a wrong signature or token, and with none', ({ type }) => {
    const headers = events[type] ?? {};
    const unauthorized = { kind: 'refused', code: 401 };
    expect(read({ type, headers, body: {} }, 'something else')).toMatchObject(unauthorized);
    expect(providers[type](aDelivery({}, headers), { secret: SECRET })).toMatchObject(unauthorized);
  });

  it.each(SIGNING)('$type: taken without a signature when it is handled again', ({ type }) => {
    const reading = providers[type](aDelivery('[]', events[type] ?? {}), { secret: SECRET, isTrusted: true });
    expect(reading).toMatchObject({ kind: 'refused', code: 400 });
  });

  // The example of docs.github.com, "Validating webhook deliveries".
  it('is signed as GitHub documents it', () => {
    const signature = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    const reading = (value: string) =>
      providers.github(aDelivery('Hello, World!', { 'x-github-event': 'push', 'x-hub-signature-256': value }), {
        secret: "It's a Secret to Everybody",
      });
    // It is no JSON, which is only found out of what is signed.
    expect(reading(signature)).toMatchObject({ kind: 'refused', code: 400 });
    expect(reading(signature.replace(/7$/, '8'))).toMatchObject({ kind: 'refused', code: 401 });
  });

  it('is refused if the body was changed after it was signed', () => {
    const delivery = sign.github(aDelivery({ a: 1 }, { 'x-github-event': 'push' }));
    const changed = { ...delivery, body: Buffer.from('{"a":2}') };
    expect(providers.github(changed, { secret: SECRET })).toMatchObject({ code: 401 });
  });

  const hostile: [string, unknown][] = [
    ['nothing', ''],
    ['no JSON', '{"a":'],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['an empty object', '{}'],
    ['lists within lists', `{"repository":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ['objects for texts', '{"ref":{},"repository":{"clone_url":[],"repo_name":5},"docker_url":true,"type":{},"domain":[]}'],
    ['texts for objects', '{"repository":"x","commits":"y","push":"z","event_data":1,"data":"q","action":"push"}'],
    [
      'names of built-in properties',
      '{"__proto__":{"ref":"x"},"constructor":{"name":"x"},"repository":{"__proto__":{"clone_url":"x"}}}',
    ],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00]).toString('latin1')],
  ];
  it.each(Object.keys(providers) as Sender[])('%s: bears hostile bodies', (type) => {
    for (const [what, body] of hostile)
      for (const headers of [events[type] ?? {}, {}, { 'x-event-key': 'constructor', 'x-github-event': '__proto__' }])
        expect(['refused', 'nothing'], what).toContain(read({ type, headers, body }).kind);
  });

  it('does not tell more refs and paths apart than it can afford', () => {
    const many = Array.from({ length: 50_000 }, (_, index) => `t${index}`);
    expect(read({ type: 'quay', body: { docker_url: 'quay.io/a/b', updated_tags: many } })).toMatchObject(
      news(['image', 'chart'], ['quay.io/a/b'], undefined),
    );
    const push = { ref: 'refs/heads/main', repository: githubRepository, commits: [commit({ added: many })] };
    expect(read({ type: 'github', headers: { 'x-github-event': 'push' }, body: push })).toMatchObject(
      news(['git'], githubURLs, ['refs/heads/main'], { paths: undefined }),
    );
  });
});
