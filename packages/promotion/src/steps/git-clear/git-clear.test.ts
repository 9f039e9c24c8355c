import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GitFixture } from '../../testing/git-fixture.ts';
import { gitClear } from './git-clear.ts';

let fixture: GitFixture;
beforeEach(async () => {
  fixture = await GitFixture.open();
});
afterEach(() => fixture.close());

describe('git-clear', () => {
  it('[S13] removes what is tracked and what is new, keeping .git and what is ignored', async () => {
    await fixture.clone();
    await fixture.write('src/new/file.txt', 'x');
    await fixture.write('src/noise.log', 'x');
    expect(await fixture.run(gitClear, { path: './src/' })).toEqual({ status: 'Succeeded' });
    expect((await fixture.names('src')).filter((name) => name !== '.git')).toEqual(['noise.log']);
    expect(await fixture.run(gitClear, { path: 'src' })).toEqual({ status: 'Succeeded' });
  });

  it('tells where a working tree would come from', async () => {
    await expect(fixture.run(gitClear, { path: 'elsewhere' })).rejects.toThrow(
      'there is no Git working tree at "elsewhere"; use the path of a checkout of an earlier git-clone step',
    );
  });
});
