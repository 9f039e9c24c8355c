import { type Clock, systemClock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { type FlavouredRegistry, STALE, startFlavour } from '../testing/flavoured-registry.ts';
import { REGISTRY_FLAVOURS } from '../testing/registry-flavours.ts';
import type { RegistryAccess } from './port.ts';
import { realRegistries } from './real-registries.ts';
import { RegistryError } from './registry-error.ts';

const http = realHttp();
let registry: FlavouredRegistry | undefined;
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

/** Does not sleep, but notes how long it would have. */
function sleepless(slept: number[]): Clock {
  return {
    now: () => systemClock.now(),
    setTimer: (at, fire) => systemClock.setTimer(at, fire),
    sleep: async (ms) => void slept.push(ms),
  };
}

describe.each(REGISTRY_FLAVOURS)('$name', (flavour) => {
  const open = async (): Promise<{ access: RegistryAccess; registry: FlavouredRegistry }> => {
    registry = await startFlavour(flavour);
    const { repository, password } = registry;
    const credentials = flavour.auth === 'none' ? undefined : { username: flavour.username, password };
    return { access: { repository, credentials }, registry };
  };
  const registries = () => realRegistries({ http, clock: systemClock, requestsPerSecond: 100_000 });

  it('tells all tags through all pages, and what they stand for', async () => {
    const { access, registry: server } = await open();
    const names = Array.from({ length: 1203 }, (_, index) => `1.0.${index}`);
    for (const name of names) server.push(name);
    const digest = server.push('2.0.0', { platforms: ['linux/amd64', 'linux/arm64/v8'], annotations: { a: '1' } });
    const client = registries();
    expect((await client.tags(access)).toSorted()).toEqual([...names, '2.0.0'].toSorted());
    expect(await client.image(access, '2.0.0', { platform: 'linux/arm64' })).toMatchObject({ digest, annotations: { a: '1' } });
    expect((await client.image(access, '1.0.7'))?.createdAt).toBe('2024-01-01T00:00:00Z');
    expect(await client.image(access, '3.0.0')).toBeUndefined();
    // What was refused once is not asked for again.
    server.asked.length = 0;
    await client.tags(access);
    const pages = server.asked.filter((what) => what.includes('/tags/list'));
    const { most, usual } = flavour.pages;
    // Where the next page does not say how large it is to be, it is as large as usual.
    const rest = Math.max(0, 1204 - Math.min(most, 100_000));
    expect(pages).toHaveLength(1 + Math.ceil(rest / (flavour.unsized === true ? usual : most)));
    expect(server.asked).toHaveLength(pages.length);
  });

  it('goes on when a token expires in the middle', async () => {
    const { access, registry: server } = await open();
    server.push('1.0.0');
    const client = registries();
    await client.tags(access);
    server.forgetTokens();
    expect(await client.tags(access)).toEqual(['1.0.0']);
  });

  it('goes on when a token expires between two pages', async () => {
    const { access, registry: server } = await open();
    const { most } = flavour.pages;
    // There is no second page, or none that can be had without very many tags.
    if (flavour.link === 'none' || most > 1000) return;
    const names = Array.from({ length: most + 1 }, (_, index) => `1.0.${index}`);
    for (const name of names) server.push(name);
    // Nothing is refused, but each page is the last thing that its token is good for.
    server.limit(() => (server.forgetTokens(), false));
    expect(new Set(await registries().tags(access))).toEqual(new Set(names));
  });

  it('waits as long as it is told when there are too many requests, and tries again', async () => {
    const { access, registry: server } = await open();
    server.push('1.0.0');
    let left = 1;
    server.limit((asked) => asked.includes('/tags/') && left-- > 0);
    const slept: number[] = [];
    const clock = sleepless(slept);
    const client = realRegistries({ http, clock, requestsPerSecond: 100_000 });
    expect(await client.tags(access)).toEqual(['1.0.0']);
    expect(slept).toEqual([flavour.limited.pause]);
    server.limit(() => true);
    const error: unknown = await client.tags(access).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'rateLimited', transient: true });
    expect(String(error)).toMatch(/limits requests .*longer interval/);
    if (flavour.limited.headers?.['ratelimit-limit'] !== undefined)
      expect(String(error)).toMatch(/it allows 100 requests in 6h0m0s/);
  });

  it('asks for what a tag stands for without pulling what it knows', async () => {
    const { access, registry: server } = await open();
    const digest = server.push('1.0.0');
    const client = registries();
    await client.image(access, '1.0.0');
    const before = server.pulls();
    server.asked.length = 0;
    for (let again = 0; again < 3; again += 1) expect((await client.image(access, '1.0.0'))?.digest).toBe(digest);
    // Where a HEAD does not tell the digest, there is no other way.
    expect(server.pulls() - before).toBe(flavour.tellsDigest ? 0 : 3);
    expect(server.asked.filter((asked) => asked.startsWith('HEAD'))).toHaveLength(3);
    const other = server.push('1.0.0', { annotations: { moved: 'yes' } });
    expect((await client.image(access, '1.0.0'))?.digest).toBe(other);
  });

  it('gets another token in place of one that is refused before its time, once', async () => {
    if (flavour.auth === 'none') return;
    const { access, registry: server } = await open();
    server.push('1.0.0');
    const { credentials } = access;
    if (credentials === undefined) return;
    let renewals = 0;
    const renew = (password: string) => async () => ((renewals += 1), { username: flavour.username, password });
    const stale = { ...credentials, password: STALE, identity: 'robot' };
    const client = registries();
    expect(await client.tags({ ...access, credentials: { ...stale, renew: renew(credentials.password) } })).toEqual(['1.0.0']);
    expect(renewals).toBe(1);
    // What is renewed elsewhere is sent from then on, though the registry still takes it for the same user.
    expect(await client.tags({ ...access, credentials: { ...stale, password: credentials.password } })).toEqual(['1.0.0']);
    for (const password of [STALE, 'wrong too'])
      await expect(registries().tags({ ...access, credentials: { ...stale, renew: renew(password) } })).rejects.toMatchObject({
        code: 'authentication',
      });
    expect(renewals).toBe(3);
  });

  it('says which credentials are wrong or missing', async () => {
    if (flavour.auth === 'none') return;
    const { access, registry: server } = await open();
    server.push('1.0.0');
    for (const credentials of [
      undefined,
      { username: flavour.username, password: 'wrong', source: { namespace: 'shop', name: 'robot' } },
    ]) {
      const error: unknown = await registries()
        .tags({ ...access, credentials })
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'authentication', transient: false });
      expect(String(error)).toMatch(credentials === undefined ? /cred-type: image/ : /Secret shop\/robot/);
    }
  });

  it('says that a repository is not there', async () => {
    const { access, registry: server } = await open();
    server.push('1.0.0');
    const error: unknown = await registries()
      .tags({ ...access, repository: access.repository.replace('/web', '/absent') })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RegistryError);
    expect((error as RegistryError).transient).toBe(false);
  });
});
