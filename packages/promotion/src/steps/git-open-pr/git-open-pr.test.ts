import type { Freight, Json, Promotion, Stage } from '@kargo/api';
import { beforeEach, describe, expect, it } from 'vitest';
import { ConfigValidator } from '../../config/validate.ts';
import { PULL_SOURCE, PULL_URL, PullRequestFixture } from '../../testing/pull-request-fixture.ts';
import { someFreight, somePorts, stepContext } from '../../testing/run-fixture.ts';
import { gitOpenPR, type GitOpenPRConfig } from './git-open-pr.ts';

const config: GitOpenPRConfig = { repoURL: PULL_URL, sourceBranch: PULL_SOURCE, targetBranch: 'main' };
const opened = { status: 'Succeeded', output: { pr: { id: 1, url: 'https://github.example.com/team/demo/pulls/1' } } };

const NAME = 'test.01j2w7a15cxjjgejresfyw6ysp.a1b2c3d';
const ORIGIN = `Opened by Kargo for Promotion \`${NAME}\` to Stage \`test\` of project \`demo\`.`;
const NOTHING_KNOWN = [
  '### What changes',
  '',
  '| | artifact | now in the Stage | then |',
  '|---|---|---|---|',
  '| image | example.com/app | – | v1.2.3 |',
  '',
  '### Checks',
  '',
  'None: this Stage takes Freight directly from its Warehouse, before anything has verified it.',
].join('\n');

/** A promotion to the same Stage before. */
const earlier = (index: number) => ({
  name: `test.0000000000000000000000000${index}.a1b2c3d`,
  uid: `uid-${index}`,
  actor: '',
  rollback: false,
});

let fixture: PullRequestFixture;
beforeEach(() => {
  fixture = new PullRequestFixture();
});

describe('git-open-pr', () => {
  it('opens a pull request with the words of the newest commit', async () => {
    fixture.change();
    expect(await fixture.run(gitOpenPR, config)).toEqual(opened);
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([
      { source: PULL_SOURCE, target: 'main', title: 'Change it', description: `\n- one\n- two\n\n${NOTHING_KNOWN}\n\n${ORIGIN}` },
    ]);
  });

  it.each<[string, Partial<GitOpenPRConfig>, string | undefined, string, string]>([
    ['a title', { title: 'T' }, undefined, 'T', `Change it\n\n- one\n- two\n\n${NOTHING_KNOWN}`],
    ['a description', { description: 'D' }, undefined, 'Change it', 'D'],
    [
      'both, and an address of the UI',
      { title: 'T', description: 'D' },
      'https://kargo.example.com/',
      'T',
      'D\n\n[View in Kargo UI](https://kargo.example.com/project/demo/stage/test)',
    ],
  ])('takes %s', async (_, more, uiBaseURL, title, description) => {
    fixture.change();
    await fixture.run(gitOpenPR, { ...config, ...more, labels: ['a', 'b'] }, {}, { uiBaseURL });
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([
      { title, description: `${description}\n\n${ORIGIN}`, labels: ['a', 'b'] },
    ]);
  });

  it('opens it once: found again after a crash, and told from its own output later', async () => {
    fixture.change();
    await fixture.run(gitOpenPR, config);
    expect(await fixture.run(gitOpenPR, config)).toEqual(opened);
    expect(fixture.world.effects.length).toBe(1);
    const pr = { id: 7, url: 'https://example.com/7' };
    expect(await fixture.run(gitOpenPR, config, { outputs: { 'step-1': { pr } } })).toEqual({
      status: 'Succeeded',
      output: { pr },
    });
  });

  it('takes one that was merged meanwhile, but none that was closed', async () => {
    fixture.change();
    await fixture.run(gitOpenPR, config);
    fixture.world.pulls.close(PULL_URL, 1);
    expect((await fixture.run(gitOpenPR, config)).output?.['pr']).toMatchObject({ id: 2 });
    fixture.world.pulls.merge(PULL_URL, 2);
    expect((await fixture.run(gitOpenPR, config)).output?.['pr']).toMatchObject({ id: 2 });
  });

  it('does not take one for an earlier commit', async () => {
    fixture.change();
    await fixture.run(gitOpenPR, config);
    fixture.world.pulls.merge(PULL_URL, 1);
    fixture.change('More', { y: '1' });
    expect((await fixture.run(gitOpenPR, config)).output?.['pr']).toMatchObject({ id: 2 });
  });

  it('closes its pull request when the promotion is aborted, but not those of others', async () => {
    fixture.change();
    const { output } = await fixture.run(gitOpenPR, config);
    const { workspace } = await fixture.world.workspaces.open('one');
    const { git, pullRequests } = fixture.world;
    const abandon = (outputs: Record<string, Json>) =>
      gitOpenPR.abandon?.(stepContext(workspace, config, { outputs }), somePorts({ git, pullRequests }), 'It was aborted.');
    const mine = fixture.world.pulls.open(PULL_URL, { title: 'M', description: '', source: 'x', target: 'main', labels: [] });
    await abandon({ 'step-1': { pr: { id: mine.number } } });
    for (const _ of ['first', 'again after a crash']) await abandon({ 'step-1': output as Json });
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([
      { state: 'closed', comments: ['It was aborted.'] },
      { state: 'open' },
    ]);
  });

  it('is skipped when there is nothing to merge', async () => {
    expect(await fixture.run(gitOpenPR, config)).toMatchObject({ status: 'Skipped' });
    expect(fixture.world.effects).toEqual([]);
  });

  it.each([
    ['target', { targetBranch: 'absent' }, 'target branch "absent" does not exist'],
    ['source', { sourceBranch: 'absent' }, 'source branch "absent" does not exist'],
  ])('says that the %s branch does not exist', async (_, more, message) => {
    fixture.change();
    await expect(fixture.run(gitOpenPR, { ...config, ...more })).rejects.toThrow(message);
  });

  it('shows what changes and which checks stand behind it', async () => {
    fixture.change();
    const { origin, images } = someFreight;
    const [image] = images ?? [];
    fixture.resources.put({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Stage',
      metadata: { namespace: 'demo', name: 'test' },
      status: { freightHistory: [{ id: 'x', items: { one: { origin, images: [{ ...image, tag: '1.26.0' }] } } }] },
    } as unknown as Stage);
    fixture.resources.put({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Freight',
      metadata: { namespace: 'demo', name: someFreight.name },
      status: {
        verifiedIn: { uat: { verifiedAt: '2026-01-01T00:00:00Z', longestSoak: '2h' }, qa: {} },
        approvedFor: { test: { approvedAt: '2026-01-02T00:00:00Z' }, prod: {} },
      },
    } as unknown as Freight);
    await fixture.run(gitOpenPR, { ...config, draft: true, reviewers: ['kim'] });
    const [pull] = fixture.world.pulls.of(PULL_URL);
    expect(pull).toMatchObject({ draft: true, reviewers: ['kim'] });
    expect(pull?.description).toContain('| image | example.com/app | 1.26.0 | v1.2.3 |');
    expect(pull?.description.split('### Checks\n\n')[1]?.split('\n\n')[0]?.split('\n')).toEqual([
      '- verified in Stage `qa`',
      '- verified in Stage `uat` at 2026-01-01T00:00:00Z, stayed there for 2h',
      '- approved for this Stage at 2026-01-02T00:00:00Z',
    ]);
  });

  it('gives new words to one that an earlier promotion opened, and none to those of other people', async () => {
    fixture.change();
    await fixture.run(gitOpenPR, config, { promotion: earlier(1) });
    fixture.change('Change it again', { y: '1' });
    expect(await fixture.run(gitOpenPR, { ...config, labels: ['new'] })).toEqual(opened);
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([{ title: 'Change it again', labels: ['new'] }]);
    expect(fixture.world.pulls.of(PULL_URL)[0]?.description).toContain(ORIGIN);

    fixture = new PullRequestFixture();
    fixture.change();
    fixture.world.pulls.open(PULL_URL, { title: 'Mine', description: 'Mine', source: PULL_SOURCE, target: 'main', labels: [] });
    expect(await fixture.run(gitOpenPR, { ...config, labels: ['new'] })).toEqual(opened);
    expect(fixture.world.pulls.of(PULL_URL)).toMatchObject([{ title: 'Mine', description: 'Mine', labels: [] }]);
  });

  it('closes what it supersedes: open ones of the same step of earlier promotions, and no others', async () => {
    const branches = fixture.world.remotes.remote(PULL_URL).branches;
    const open = async (index: number, state: object, more: Partial<GitOpenPRConfig> = {}): Promise<void> => {
      const source = `kargo/promotion/${index}`;
      branches.set(source, fixture.change(`Change ${index}`, { x: String(index) }));
      await fixture.run(gitOpenPR, { ...config, sourceBranch: source, ...more }, { promotion: earlier(index) });
      fixture.resources.put({
        apiVersion: 'kargo.akuity.io/v1alpha1',
        kind: 'Promotion',
        metadata: { namespace: 'demo', name: earlier(index).name, labels: { 'kargo.akuity.io/stage': 'test' } },
        spec: { stage: 'test', steps: [] },
        status: { state },
      } as unknown as Promotion);
    };
    branches.set('other', branches.get('main')!);
    await open(1, { 'step-1': { pr: { id: 1 } } });
    await open(2, { 'step-1': { pr: { id: 2 } } }, { targetBranch: 'other' });
    await open(3, { 'step-9': { pr: { id: 3 } } });
    fixture.world.pulls.open(PULL_URL, { title: 'Mine', description: 'Mine', source: 'other', target: 'main', labels: [] });
    await open(4, { 'step-1': { pr: { id: 5 } } });
    fixture.change('New', { x: 'new' });
    expect(await fixture.run(gitOpenPR, config)).toMatchObject({ status: 'Succeeded', output: { pr: { id: 6 } } });
    expect(fixture.world.pulls.of(PULL_URL).map(({ number, state }) => [number, state])).toEqual([
      [1, 'closed'],
      [2, 'open'],
      [3, 'open'],
      [4, 'open'],
      [5, 'closed'],
      [6, 'open'],
    ]);
    expect(fixture.world.pulls.of(PULL_URL)[0]?.comments[0]).toContain('Superseded by https://github.example.com');
  });

  it.each([
    [{ title: '' }, 'title'],
    [{ description: '' }, 'description'],
    [{ provider: 'sourceforge' }, 'provider'],
    [{ repoURL: 'not a URL' }, 'repoURL'],
  ])('refuses the configuration %j', (more, field) => {
    const problems = new ConfigValidator().problems(gitOpenPR.configSchema, { ...config, ...more });
    expect(problems.join()).toContain(field);
  });
});
