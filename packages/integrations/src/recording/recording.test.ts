import { systemClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { simulatedWorld } from '../testing/simulated/world.ts';
import type { RecordedEffect } from './effects.ts';
import { recordingGit } from './recording-git.ts';
import { recordingPullRequests } from './recording-pull-requests.ts';
import { recordingHttp } from './recording-http.ts';
import { recordingRegistries } from './recording-registries.ts';

const URL = 'https://git.example.com/demo.git';
const AUTHOR = { name: 'Kargo', email: 'kargo@example.com' };

describe('recording', () => {
  it('commits exactly what would be pushed, and pushes nothing', async () => {
    const world = simulatedWorld({ clock: systemClock });
    world.remotes.create(URL, { 'README.md': 'hello\n' });
    const effects: RecordedEffect[] = [];
    const run = async (git: typeof world.git): Promise<string> => {
      const clone = await git.clone({ remote: { url: URL }, home: '/home', author: AUTHOR });
      await clone.addWorkTree({ path: '/src', ref: { branch: 'main' }, create: true });
      await clone.addWorkTree({ path: '/out', ref: { branch: 'stage/test' }, create: true });
      const out = await git.open('/out', { remote: { url: URL }, home: '/home' });
      world.files.write('/out/x', '1');
      await out.stage();
      const id = await out.commit({ message: 'x', date: 0 });
      await out.push({ branch: 'stage/test' });
      return id;
    };
    const before = world.remotes.branches(URL);
    const previewed = await run(recordingGit(world.git, (effect) => effects.push(effect)));
    expect([world.remotes.branches(URL), world.effects]).toEqual([before, []]);
    expect(await run(world.git)).toBe(previewed);
    expect(effects).toEqual([
      { kind: 'gitCreateBranch', url: URL, branch: 'stage/test', commit: world.remotes.log(URL, 'stage/test').at(-1)?.id },
      { kind: 'gitPush', url: URL, branch: 'stage/test', commit: previewed, force: false },
    ]);
  });

  it('reads pull requests, and opens and merges none', async () => {
    const world = simulatedWorld({ clock: systemClock });
    world.remotes.create(URL, { 'README.md': 'hello\n' });
    const old = world.pulls.open(URL, { title: 'Old', description: '', source: 'a', target: 'main', labels: [] });
    const effects: RecordedEffect[] = [];
    const pulls = recordingPullRequests(world.pullRequests, (effect) => effects.push(effect));
    const request = { sourceBranch: 'b', targetBranch: 'main', title: 'T', description: 'D', labels: ['l'] };
    const { number } = await pulls.create({ url: URL }, request);
    expect(await pulls.get({ url: URL }, number)).toMatchObject({ open: true, merged: false });
    expect((await pulls.merge({ url: URL }, number, { method: 'squash' })).kind).toBe('merged');
    expect((await pulls.merge({ url: URL }, number)).kind).toBe('merged');
    expect(await pulls.get({ url: URL }, number)).toMatchObject({ open: false, merged: true });
    expect(await pulls.get({ url: URL }, old.number)).toMatchObject({ open: true });
    expect(effects).toEqual([
      { kind: 'pullRequest', url: URL, ...request },
      { kind: 'mergePullRequest', url: URL, number, method: 'squash' },
    ]);
    expect([world.effects, world.pulls.of(URL).length]).toEqual([[], 1]);
  });

  it('reads over HTTP and records the rest without secrets', async () => {
    const world = simulatedWorld({ clock: systemClock });
    world.setHttp(() => ({ status: 201, headers: {}, body: Buffer.from('real') }));
    const effects: RecordedEffect[] = [];
    const http = recordingHttp(world.http, (effect) => effects.push(effect));
    const url = 'https://user:secret@example.com/hook?token=secret';
    expect((await http.send({ method: 'GET', url, timeout: 1 })).status).toBe(201);
    expect((await http.send({ method: 'POST', url, body: 'ä', timeout: 1 })).status).toBe(200);
    expect(effects).toEqual([{ kind: 'http', method: 'POST', url: 'https://example.com/hook', size: 2 }]);
    expect(world.effects.length).toBe(1);
  });

  it('reads registries and records what would be pushed', async () => {
    const world = simulatedWorld({ clock: systemClock });
    const digest = world.images.push('example.com/app', 'v1');
    const effects: RecordedEffect[] = [];
    const registries = recordingRegistries(world.registries, (effect) => effects.push(effect));
    const [from, to] = [{ repository: 'example.com/app' }, { repository: 'example.com/copy' }];
    const manifest = (await registries.manifest(from, 'v1'))!;
    expect(await registries.copyBlob(from, to, { digest, size: 1 })).toBe('copied');
    expect(await registries.putManifest(to, 'v2', manifest)).toBe(digest);
    expect(effects).toEqual([
      { kind: 'registryPush', repository: 'example.com/copy', reference: 'v2', digest, mediaType: manifest.mediaType },
    ]);
    expect([await registries.manifest(to, 'v2'), world.effects]).toEqual([undefined, []]);
  });
});
