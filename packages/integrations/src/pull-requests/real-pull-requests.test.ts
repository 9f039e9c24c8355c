import { systemClock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { describePullRequestContract } from '../testing/contracts/pull-request-contract.ts';
import { SOURCE } from '../testing/contracts/pull-request-world.ts';
import { FORGE_CASES, openForge, type OpenForge } from '../testing/forges/providers.ts';
import type { GitProvider } from './port.ts';
import { realPullRequests } from './real-pull-requests.ts';
import { providerOf, repositoryPlace } from './repository-place.ts';

for (const given of FORGE_CASES) describePullRequestContract(given.name, () => openForge(given));

describe('pull requests at providers', () => {
  let world: OpenForge | undefined;
  afterEach(() => world?.dispose());
  const request = { sourceBranch: SOURCE, targetBranch: 'main', title: 'T', description: 'D' };
  const thrownBy = (promise: Promise<unknown>): Promise<{ code: string; message: string; transient: boolean }> =>
    promise.then(
      () => {
        throw new Error('expected a failure');
      },
      (error: { code: string; message: string; transient: boolean }) => error,
    );

  it.each(FORGE_CASES)('$name: faults are told by code, without the token', async (given) => {
    world = await openForge(given);
    const wrong = { ...world.repository, credentials: { password: 'hunter2' } };
    const failures: [string, { code: string; message: string; transient: boolean }][] = [
      ['wrong token', await thrownBy(world.pullRequests.get(wrong, 1))],
    ];
    for (const [name, fault] of [
      ['trouble', { status: 502 }],
      ['limited', { status: 429, json: { message: 'slow down' } }],
      ['limited too', { status: 403, headers: { 'retry-after': '60' } }],
      ['forbidden', { status: 403 }],
      ['refused', { status: 422, json: { message: 'Validation Failed', errors: [{ message: 'no commits' }] } }],
    ] as const) {
      world.forge.fault = fault;
      failures.push([name, await thrownBy(world.pullRequests.create(world.repository, request))]);
    }
    expect(failures.map(([name, { code, transient }]) => [name, code, transient])).toEqual([
      ['wrong token', 'authentication', false],
      ['trouble', 'unreachable', true],
      ['limited', 'rateLimited', true],
      ['limited too', 'rateLimited', true],
      ['forbidden', 'authentication', false],
      ['refused', 'refused', false],
    ]);
    expect(failures.at(-1)?.[1].message).toContain('no commits');
    expect(JSON.stringify(failures)).not.toMatch(/hunter2|t0ken/);
  });

  it('GitHub: a method that the repository does not allow is refused for good', async () => {
    world = await openForge(FORGE_CASES[0]!);
    const { number } = await world.pullRequests.create(world.repository, request);
    const error = await thrownBy(world.pullRequests.merge(world.repository, number, { method: 'rebase' }));
    expect([error.code, error.transient]).toEqual(['refused', false]);
    expect(error.message).toContain('not allowed on this repository');
  });

  it('Gitea: labels that are not there are named, and nothing is opened', async () => {
    world = await openForge(FORGE_CASES[2]!);
    const labels = ['three', 'x', 'y', 'x'];
    const error = await thrownBy(world.pullRequests.create(world.repository, { ...request, labels }));
    expect(error.message).toContain('labels not found in repository team/demo: x, y');
    expect(world.forge.pulls).toEqual([]);
  });

  it('GitLab: a merge request that is being merged counts as open and is waited for', async () => {
    world = await openForge(FORGE_CASES[1]!);
    const { number } = await world.pullRequests.create(world.repository, request);
    (world.forge.find(number) as unknown as { state: string }).state = 'locked';
    expect(await world.pullRequests.get(world.repository, number)).toMatchObject({ open: true, merged: false });
    expect(await world.pullRequests.merge(world.repository, number)).toMatchObject({ kind: 'notReady' });
  });

  it('GitLab: what cannot be merged for a moment is waited for', async () => {
    world = await openForge(FORGE_CASES[1]!);
    const { number } = await world.pullRequests.create(world.repository, request);
    world.forge.unmergeable = true;
    expect(await world.pullRequests.merge(world.repository, number)).toMatchObject({ kind: 'notReady' });
    world.forge.unmergeable = false;
    expect(await world.pullRequests.merge(world.repository, number)).toMatchObject({ kind: 'merged' });
  });

  it('asks for a token', async () => {
    const pullRequests = realPullRequests({ http: realHttp(), clock: systemClock });
    const error = await thrownBy(pullRequests.get({ url: 'git@github.com:team/demo.git' }, 1));
    expect([error.code, error.message]).toEqual(['authentication', expect.stringContaining('SSH keys alone cannot drive them')]);
  });

  it.each<[string, GitProvider | undefined]>([
    ['https://github.com/a/b', 'github'],
    ['https://github.example.com/a/b', 'github'],
    ['https://acme.ghe.com/a/b', 'github'],
    ['git@github.com:a/b.git', 'github'],
    ['ssh://git@gitlab.example.com:2222/a/b/c.git', 'gitlab'],
    ['https://gitea.example.com/a/b', 'gitea'],
    ['https://codeberg.org/a/b', 'gitea'],
    ['https://bitbucket.org/a/b', 'bitbucket'],
    ['https://dev.azure.com/o/p/_git/r', 'azure'],
    ['https://o.visualstudio.com/p/_git/r', 'azure'],
    ['https://github-gitlab.example.com/a/b', 'github'],
    ['https://example.com/a/b', undefined],
  ])('tells the provider of %s', (url, want) => {
    const place = repositoryPlace(url);
    if (want === undefined) expect(() => providerOf({ url }, place)).toThrow('set provider to');
    else expect(providerOf({ url }, place)).toBe(want);
    expect(providerOf({ url, provider: 'gitlab' }, place)).toBe('gitlab');
  });
});
