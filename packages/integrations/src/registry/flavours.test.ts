import { systemClock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { realHttp } from '../http/real-http.ts';
import { type FlavouredRegistry, REGISTRY_FLAVOURS, STALE, startFlavour } from '../testing/registry-flavours.ts';
import type { RegistryAccess } from './port.ts';
import { realRegistries } from './real-registries.ts';
import { RegistryError } from './registry-error.ts';

const http = realHttp();
let registry: FlavouredRegistry | undefined;
afterEach(async () => {
  await registry?.close();
  registry = undefined;
});

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
