/** Freight that people put together from what a Warehouse has found, with the command line and over REST. */
import { Freight, freightName, Warehouse } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, PROJECT, World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start();
  for (const tag of ['1.0.0', '1.1.0']) world.registry.pushImage('nginx/nginx', tag);
  const project = { apiVersion: 'kargo.akuity.io/v1alpha1', kind: 'Project', metadata: { name: PROJECT } };
  const warehouse = {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Warehouse',
    metadata: { name: 'app', namespace: PROJECT },
    spec: {
      freightCreationPolicy: 'Manual',
      subscriptions: [{ image: { repoURL: world.addresses.image } }, { git: { repoURL: world.addresses.repository } }],
    },
  };
  for (const object of [project, warehouse]) await world.ok('create -f -', JSON.stringify(object));
}, 60_000);
afterAll(() => world?.close());

/** Freight of what the Warehouse has found, of an older tag than the newest. */
async function assembled(tag: string): Promise<Freight> {
  const found = await world.until('artifacts', async () => {
    const { status } = await world.get(Warehouse, 'app');
    const { images, git } = status?.discoveredArtifacts ?? {};
    return images?.[0] !== undefined && git?.[0] !== undefined && { image: images[0], git: git[0] };
  });
  const reference = found.image.references?.find((each) => each.tag === tag);
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Freight',
    metadata: { name: 'any', namespace: PROJECT },
    origin: { kind: 'Warehouse', name: 'app' },
    images: [{ repoURL: found.image.repoURL, tag, digest: reference?.digest ?? '' }],
    commits: [{ repoURL: found.git.repoURL, id: found.git.commits?.[0]?.id ?? '' }],
  } as Freight;
}

describe('Freight put together by hand', () => {
  it('is created by the command line, with its name and alias filled in', async () => {
    expect((await world.client.list(Freight, { namespace: PROJECT })).items).toEqual([]);
    const freight = await assembled('1.0.0');
    const said = await world.ok('create -f -', JSON.stringify(freight));
    expect(said).toContain(freightName(freight));
    const [made] = (await world.client.list(Freight, { namespace: PROJECT })).items;
    expect(made?.metadata.name).toBe(freightName(freight));
    expect(made?.alias).toMatch(/^[a-z]+-[a-z]+$/);
    expect(made?.metadata.labels?.['kargo.akuity.io/alias']).toBe(made?.alias);
    expect(await world.ok(`get freight --project ${PROJECT}`)).toContain(made?.alias);
    const again = await world.kargo('create -f -', JSON.stringify(freight));
    expect([again.code === 0, again.stderr]).toEqual([false, expect.stringContaining('already exists')]);
  });

  it('is created over REST, and refused where it does not fit the subscriptions', async () => {
    const login = await fetch(`${world.plane.address}/v1beta1/login`, {
      method: 'POST',
      headers: { authorization: `Bearer ${PASSWORD}` },
    });
    const { idToken } = (await login.json()) as { idToken: string };
    const send = async (freight: Freight): Promise<{ status: number; text: string }> => {
      const answer = await fetch(`${world.plane.address}/v1beta1/resources`, {
        method: 'POST',
        headers: { authorization: `Bearer ${idToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(freight),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const good = await assembled('1.1.0');
    expect(await send(good)).toMatchObject({ status: 201, text: expect.stringContaining(freightName(good)) });
    const [image] = good.images ?? [];
    if (image === undefined) throw new Error('there is no image');
    const bad: [Freight, RegExp][] = [
      [{ ...good, images: [{ ...image, repoURL: 'example.com/other' }] }, /no subscription of Warehouse app finds this artifact/],
      [{ ...good, images: [image, { ...image, tag: '1.0.0' }] }, /more than one artifact of this subscription/],
      [{ ...good, commits: [] }, /no artifact of the subscription to/],
      [{ ...good, origin: { kind: 'Warehouse', name: 'gone' } }, /there is no such Warehouse/],
    ];
    for (const [freight, says] of bad) expect((await send(freight)).text).toMatch(says);
    expect((await world.client.list(Freight, { namespace: PROJECT })).items).toHaveLength(2);
  });
});
