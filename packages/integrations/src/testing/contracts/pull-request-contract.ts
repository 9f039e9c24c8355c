import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewPullRequest } from '../../pull-requests/port.ts';
import { SOURCE, type PullRequestWorld } from './pull-request-world.ts';

const REQUEST: NewPullRequest = {
  sourceBranch: SOURCE,
  targetBranch: 'main',
  title: 'Promote "x" & more',
  description: 'First line\n\n- ä\n- `b`',
};

/** What every {@link PullRequests} guarantees. */
export function describePullRequestContract(name: string, open: () => Promise<PullRequestWorld>): void {
  describe(`pull requests: ${name}`, () => {
    let world: PullRequestWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.dispose());

    const create = (more: Partial<NewPullRequest> = {}) => world.pullRequests.create(world.repository, { ...REQUEST, ...more });
    const list = (headCommit?: string) =>
      world.pullRequests.list(world.repository, { sourceBranch: SOURCE, targetBranch: 'main', headCommit });
    const merge = (number: number, method?: string) => world.pullRequests.merge(world.repository, number, { method });
    const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
      promise.then(
        () => 'ok',
        (error: { code?: unknown }) => error.code,
      );

    it('opens a pull request with title, description and labels', async () => {
      const made = await create({ labels: [world.label, world.label] });
      expect(made).toMatchObject({ open: true, merged: false, draft: false });
      expect(made.mergeCommit).toBeUndefined();
      expect(made.url).toMatch(/^https?:\/\//);
      expect(new Set(world.seen(made.number).labels)).toEqual(new Set(world.hasLabels ? [world.label] : []));
      expect(world.seen(made.number)).toMatchObject({
        title: REQUEST.title,
        description: REQUEST.description,
        source: SOURCE,
        target: 'main',
      });
      expect(await world.pullRequests.get(world.repository, made.number)).toEqual(made);
    });

    it('opens a draft and asks for reviews', async () => {
      const made = await create({ draft: true, reviewers: [world.reviewer, world.reviewer] });
      expect(made).toMatchObject({ draft: true, title: REQUEST.title });
      expect(world.seen(made.number)).toMatchObject({ draft: true, reviewers: [world.reviewer], title: REQUEST.title });
      expect((await merge(made.number)).kind).toBe('notReady');
    });

    it('tells what it is about, and changes that without losing the rest', async () => {
      const { number, ...made } = await create({ draft: true, reviewers: [world.reviewer] });
      expect(made).toMatchObject({
        title: REQUEST.title,
        description: REQUEST.description,
        sourceBranch: SOURCE,
        targetBranch: 'main',
      });
      const changed = await world.pullRequests.update(world.repository, number, { description: 'Other words' });
      expect(changed).toMatchObject({ number, title: REQUEST.title, description: 'Other words', open: true, draft: true });
      await world.pullRequests.update(world.repository, number, { title: 'Other title' });
      expect(await world.pullRequests.get(world.repository, number)).toMatchObject({
        title: 'Other title',
        description: 'Other words',
        draft: true,
      });
      expect(world.seen(number).reviewers).toEqual([world.reviewer]);
      await world.pullRequests.update(world.repository, number, { labels: [world.label], reviewers: [world.reviewer] });
      expect(world.seen(number)).toMatchObject({
        title: 'Other title',
        labels: world.hasLabels ? [world.label] : [],
        reviewers: [world.reviewer],
      });
      // Changes count where changes are versioned.
      await world.pullRequests.update(world.repository, number, { title: 'Third title' });
      expect((await world.pullRequests.list(world.repository, { sourceBranch: SOURCE, targetBranch: 'main' }))[0]).toMatchObject({
        title: 'Third title',
      });
    });

    it('closes with a comment, once, and never what was merged', async () => {
      const { number } = await create();
      const closed = await world.pullRequests.close(world.repository, number, 'It was superseded.');
      expect(closed).toMatchObject({ open: false, merged: false });
      const before = world.writes();
      expect(await world.pullRequests.close(world.repository, number, 'Again')).toMatchObject({ open: false });
      const second = await create();
      world.mergeElsewhere(second.number);
      expect(await world.pullRequests.close(world.repository, second.number, 'No')).toMatchObject({ merged: true });
      expect([world.writes(), world.seen(number).comments]).toEqual([before + 1, ['It was superseded.']]);
    });

    it('cuts off a title that is too long, or has several lines, at its end', async () => {
      const made = await create({ title: `Promote\n${'x'.repeat(500)}`, draft: true });
      expect(made.title).toMatch(/^Promote x{100,}…$/);
      const changed = await world.pullRequests.update(world.repository, made.number, { title: 'y'.repeat(500) });
      expect(changed.title).toMatch(/^y{100,}…$/);
      expect(await world.pullRequests.update(world.repository, made.number, {})).toMatchObject({ title: changed.title });
    });

    it('cuts off a description that is too long in its middle', async () => {
      const description = `Begin\n\n${'x'.repeat(2_000_000)}\n\nThe end.`;
      const made = await create({ description });
      expect(made.description.startsWith('Begin')).toBe(true);
      expect(made.description === description || made.description.endsWith('(cut off)\n\nThe end.')).toBe(true);
    });

    it('lists what leads from one branch to another: open, then merged, then closed, the newest first', async () => {
      const numbers: number[] = [];
      for (let count = 0; count < 5; count += 1) {
        const { number } = await create();
        numbers.push(number);
        if (count < 2) world.close(number);
        else if (count < 4) world.mergeElsewhere(number);
      }
      const other = { ...REQUEST, sourceBranch: 'other' };
      await world.pullRequests.create(world.repository, other);
      const found = await list(world.head);
      expect(found.map(({ number }) => number)).toEqual([4, 3, 2, 1, 0].map((at) => numbers[at]));
      expect(found.map(({ open, merged }) => [open, merged])).toEqual([
        [true, false],
        [false, true],
        [false, true],
        [false, false],
        [false, false],
      ]);
      expect((await list()).length).toBe(5);
      expect(await list('f'.repeat(40))).toEqual([]);
    });

    it('tells the merge commit only of what was merged', async () => {
      const { number } = await create();
      expect((await world.pullRequests.get(world.repository, number)).mergeCommit).toBeUndefined();
      const commit = world.mergeElsewhere(number);
      const merged = await world.pullRequests.get(world.repository, number);
      expect(merged).toMatchObject({ open: false, merged: true, mergeCommit: commit });
    });

    it('merges once', async () => {
      const { number } = await create();
      const outcome = await merge(number);
      expect(outcome).toMatchObject({ kind: 'merged', pullRequest: { number, open: false, merged: true } });
      expect(outcome.kind === 'merged' && outcome.pullRequest.mergeCommit).toBe(world.mergeCommit(number));
      const before = world.writes();
      expect(await merge(number)).toEqual(outcome);
      expect(world.writes()).toBe(before);
    });

    it('merges with the method it is told, and knows which there are', async () => {
      for (const method of world.methods) {
        const { number } = await create();
        expect((await merge(number, method)).kind).toBe('merged');
        expect(world.seen(number).method).toBe(method);
      }
      const { number } = await create();
      expect(await codeOf(merge(number, 'no such method'))).toBe('invalid');
    });

    it('does not merge what is not ready, and merges it when it is', async () => {
      const { number } = await create();
      for (const hindrance of ['draft', 'checking'] as const) {
        world.hinder(number, hindrance);
        expect([hindrance, (await merge(number)).kind]).toEqual([hindrance, 'notReady']);
      }
      for (const [hindrance, want] of [
        ['conflict', world.whenConflict],
        ['policy', world.whenPolicy],
      ] as const) {
        world.hinder(number, hindrance);
        const outcome = await merge(number).then(
          ({ kind }) => kind,
          ({ code }: { code: string }) => code,
        );
        expect([hindrance, outcome]).toEqual([hindrance, want]);
      }
      world.hinder(number, undefined);
      expect((await merge(number)).kind).toBe('merged');
    });

    it('does not merge what was closed', async () => {
      const { number } = await create();
      world.close(number);
      expect(await codeOf(merge(number))).toBe('refused');
      expect(await world.pullRequests.get(world.repository, number)).toMatchObject({ open: false, merged: false });
    });

    it('tells by code what is not there', async () => {
      expect(await codeOf(world.pullRequests.get(world.repository, 999))).toBe('notFound');
      expect(await codeOf(world.pullRequests.get(world.absent, 1))).toBe('notFound');
    });

    it('refuses to begin when cancelled', async () => {
      const signal = AbortSignal.abort(new Error('stop'));
      expect(await codeOf(world.pullRequests.get(world.repository, 1, { signal }))).toBe('aborted');
    });
  });
}
