import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Git, GitIdentity, WorkTree } from '../../git/port.ts';
import type { GitRehearsals } from '../../rehearsal/port.ts';
import type { GitContractWorld } from './git-contract.ts';

const AUTHOR: GitIdentity = { name: 'Kargo', email: 'kargo@example.com' };
const DATE = 1_750_000_000_000;

/** What every rehearsal guarantees. */
export function describeRehearsalContract(
  name: string,
  open: () => Promise<GitContractWorld & { rehearsals: GitRehearsals }>,
): void {
  describe(`rehearsals: ${name}`, () => {
    let world: GitContractWorld & { rehearsals: GitRehearsals };
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    /** Work on two branches and two clones, with a push that comes too late. */
    const work = async (git: Git, prefix: string): Promise<string[]> => {
      const { remote } = world;
      const home = `${world.folder}/${prefix}/home`;
      const commit = async (tree: WorkTree, file: string, content: string): Promise<string> => {
        await world.write(`${tree.path}/${file}`, content);
        await tree.stage();
        return tree.commit({ message: `Write ${file}`, date: DATE });
      };
      const one = await git.clone({ remote, home, author: AUTHOR });
      const first = await one.addWorkTree({ path: `${world.folder}/${prefix}/a`, ref: { branch: 'main' } });
      const two = await git.clone({ remote, home: `${home}-2`, author: AUTHOR });
      const second = await two.addWorkTree({ path: `${world.folder}/${prefix}/b`, ref: { branch: 'main' } });
      await commit(first, 'README.md', 'hello\nworld\n');
      await first.push({ branch: 'main' });
      await commit(second, 'deep/other file.txt', 'x');
      await expect(second.push({ branch: 'main' })).rejects.toMatchObject({ code: 'rejected' });
      await second.rebaseOnto('main');
      await second.push({ branch: 'main' });
      const three = await git.clone({ remote, home: `${home}-3`, author: AUTHOR });
      const stage = await three.addWorkTree({
        path: `${world.folder}/${prefix}/c`,
        ref: { branch: 'stage/test' },
        create: true,
        createDate: DATE,
      });
      const again = await three.addWorkTree({ path: `${world.folder}/${prefix}/d`, ref: { branch: 'main' } });
      await commit(stage, 'out.yaml', 'a: 1\n');
      await stage.push({ branch: 'stage/test' });
      return [await second.head(), await again.head(), await stage.head()];
    };

    it('goes exactly as it would, and changes nothing at the remote', async () => {
      const before = await world.branches();
      const rehearsal = world.rehearsals.rehearse({ directory: `${world.folder}/rehearsal` });
      const rehearsed = await work(rehearsal.git, 'rehearsed');
      expect(await world.branches()).toEqual(before);
      const effects = await rehearsal.take();
      expect(await rehearsal.take()).toEqual([]);
      expect(await work(world.git, 'real')).toEqual(rehearsed);
      const after = await world.branches();
      const pushes = effects.filter((effect) => effect.kind === 'push');
      expect(pushes.map(({ ref, from, to, forced }) => [ref, from, to, forced])).toEqual([
        ['refs/heads/main', before['main'], after['main'], false],
        ['refs/heads/stage/test', undefined, after['stage/test'], false],
      ]);
      expect(pushes[0]?.commits.map(({ message, files }) => [message, files])).toEqual([
        [
          'Write README.md',
          [{ path: 'README.md', change: 'modified', binary: false, before: 'hello\n', after: 'hello\nworld\n' }],
        ],
        ['Write deep/other file.txt', [{ path: 'deep/other file.txt', change: 'added', binary: false, after: 'x' }]],
      ]);
      expect(pushes[1]?.commits.map(({ message, id }) => [message, id === after['stage/test']])).toEqual([
        ['Initial commit', false],
        ['Write out.yaml', true],
      ]);
      expect(pushes[1]?.tree).toBe(pushes[1]?.commits.at(-1)?.tree);
      expect(rehearsal.remotes().map(({ branches }) => Object.fromEntries(branches))).toEqual([before]);
    });

    it('fails as the remote itself would', async () => {
      const rehearsal = world.rehearsals.rehearse({ directory: `${world.folder}/rehearsal` });
      const attempt = rehearsal.git.clone({ remote: world.absent, home: `${world.folder}/home`, author: AUTHOR });
      await expect(attempt).rejects.toMatchObject({ code: 'notFound' });
    });
  });
}
