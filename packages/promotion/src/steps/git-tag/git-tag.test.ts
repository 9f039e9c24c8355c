import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitFixture, REPOSITORY } from '../../testing/git-fixture.ts';
import { gitCommit } from '../git-commit/git-commit.ts';
import { gitPush } from '../git-push/git-push.ts';
import { gitTag } from './git-tag.ts';

let fixture: GitFixture;
beforeEach(async () => {
  fixture = await GitFixture.open();
  await fixture.server.tag(REPOSITORY, 'v0', 'main');
  await fixture.clone();
});
afterEach(() => fixture.close());

const tags = async (): Promise<string[]> =>
  (
    await fixture.server.git(
      REPOSITORY,
      'for-each-ref',
      '--format=%(refname:lstrip=2) %(objecttype) %(contents:subject)',
      'refs/tags',
    )
  )
    .trim()
    .split('\n');

describe('git-tag', () => {
  it('tags HEAD, and git-push pushes the tag alone', async () => {
    await fixture.write('src/x', '1');
    const { output } = await fixture.run(gitCommit, { path: 'src', message: 'x' });
    const tag = { path: 'src', tag: 'v1', message: 'Release one' };
    expect(await fixture.run(gitTag, tag)).toEqual({ status: 'Succeeded', output: { commit: output?.['commit'] } });
    expect(await fixture.run(gitTag, tag)).toMatchObject({ status: 'Succeeded' });
    const before = (await fixture.server.branches(REPOSITORY))['main'];
    const pushed = { status: 'Succeeded', output: { commit: output?.['commit'], branch: 'main' } };
    expect(await fixture.run(gitPush, { path: 'src', tag: 'v1' })).toEqual(pushed);
    expect(await fixture.run(gitPush, { path: 'src', tag: 'v1' })).toEqual(pushed);
    expect(await tags()).toEqual(['v0 commit Add the first files', 'v1 tag Release one']);
    expect((await fixture.server.branches(REPOSITORY))['main']).toBe(before);
  });

  it('does not replace a tag, unless by force', async () => {
    const tag = { path: 'src', tag: 'v0', message: 'Again' };
    await expect(fixture.run(gitTag, tag)).rejects.toThrow(
      expect.objectContaining({ name: 'TerminalStepError', message: expect.stringContaining('v0 exists') }),
    );
    await fixture.run(gitTag, { ...tag, force: true });
    await fixture.run(gitPush, { path: 'src', tag: 'v0' });
    expect(await tags()).toEqual(['v0 tag Again']);
  });

  it('says that a tag to push must be made first', async () => {
    await expect(fixture.run(gitPush, { path: 'src', tag: 'v9' })).rejects.toThrow('make it with git-tag first');
  });
});
