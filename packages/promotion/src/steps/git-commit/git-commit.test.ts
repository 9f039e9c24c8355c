import type { Json } from '@kargo/api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitFixture } from '../../testing/git-fixture.ts';
import { gitPush } from '../git-push/git-push.ts';
import { composeMessage } from './compose-message.ts';
import { gitCommit } from './git-commit.ts';

let fixture: GitFixture;
beforeEach(async () => {
  fixture = await GitFixture.open();
  await fixture.clone();
});
afterEach(() => fixture.close());

async function pushed(): Promise<{ message: string; author: string; date: number; id: string }> {
  await fixture.run(gitPush, { path: 'src', targetBranch: 'pushed' });
  return (await fixture.server.log('demo', 'pushed'))[0]!;
}

describe('git-commit', () => {
  it('commits everything, dated when the step first started, as the system user', async () => {
    await fixture.write('src/new.txt', 'x');
    const startedAt = Date.parse('2026-03-04T05:06:07Z');
    const result = await fixture.run(gitCommit, { path: 'src', message: 'Add a file' }, { startedAt });
    const commit = await pushed();
    expect(result).toEqual({ status: 'Succeeded', output: { commit: commit.id } });
    expect(commit).toMatchObject({ message: 'Add a file', date: startedAt, author: 'Kargo <no-reply@kargo.io>' });
  });

  it('without changes is Skipped, and still names HEAD', async () => {
    await fixture.write('src/new.txt', 'x');
    const { output } = await fixture.run(gitCommit, { path: 'src', message: 'm' }, { alias: 'first' });
    expect(await fixture.run(gitCommit, { path: 'src', message: 'm' }, { alias: 'second' })).toEqual({
      status: 'Skipped',
      message: 'nothing to commit',
      output,
    });
  });

  it('recognises its own commit when it was killed before it could tell', async () => {
    await fixture.write('src/new.txt', 'x');
    const first = await fixture.run(gitCommit, { path: 'src', message: 'm' });
    expect(await fixture.run(gitCommit, { path: 'src', message: 'm' })).toEqual(first);
  });

  it('makes the same commit of the same content, wherever and whenever it runs again', async () => {
    const ids: unknown[] = [];
    for (const [path, alias] of [
      ['one', 'a'],
      ['two', 'b'],
    ] as const) {
      await fixture.clone([{ branch: 'main', path }]);
      await fixture.write(`${path}/new.txt`, 'x');
      ids.push((await fixture.run(gitCommit, { path, message: 'm' }, { alias })).output?.['commit']);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  it.each([
    ['of the step', {}, { author: { name: 'Step', email: 's@x' } }, 'Step <s@x>'],
    ['of the clone', { author: { name: 'Clone', email: 'c@x' } }, {}, 'Clone <c@x>'],
  ])('is by the author %s', async (_, clone, commit, want) => {
    await fixture.clone([{ branch: 'main', path: 'src' }], clone);
    await fixture.write('src/new.txt', 'x');
    await fixture.run(gitCommit, { path: 'src', message: 'm', ...commit });
    expect((await pushed()).author).toBe(want);
  });

  const outputs: Record<string, Json> = {
    image: { commitMessage: 'Updated base to use new image\n\n- app:v2' },
    chart: { commitMessage: 'Updated chart' },
    silent: { x: 1 },
    none: null,
    'task-1::image': { commitMessage: 'In the task' },
  };

  it.each([
    { from: ['image'], want: 'Updated base to use new image\n\n- app:v2' },
    { from: ['silent', 'none', 'nobody'], want: 'Kargo made some changes' },
    {
      from: ['image', 'silent', 'chart'],
      want: 'Kargo applied multiple changes\n\nIncluding:\n  * Updated base to use new image\n\n- app:v2\n  * Updated chart',
    },
    { from: ['image'], alias: 'task-1::commit', want: 'In the task' },
  ])('[S16] composes its message from the steps $from', async ({ from, alias = 'commit', want }) => {
    await fixture.write('src/new.txt', 'x');
    await fixture.run(gitCommit, { path: 'src', messageFromSteps: from }, { alias, outputs });
    expect((await pushed()).message).toBe(want);
  });

  it('refuses a message that is not a text', async () => {
    const running = fixture.run(gitCommit, { path: 'src', messageFromSteps: ['a'] }, { outputs: { a: { commitMessage: 7 } } });
    await expect(running).rejects.toThrow('the output commitMessage of step "a" is 7, not a text');
  });
});

it('a composed message of one fragment is that fragment', () => {
  expect(composeMessage(['only'])).toBe('only');
});
