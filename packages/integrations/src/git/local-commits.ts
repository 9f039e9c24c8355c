import { parseRawCommits } from './history.ts';
import type { GitIdentity, LocalCommit } from './port.ts';
import type { InWorkTree } from './work-tree-tags.ts';

/** Commits of HEAD that `base` (default none) does not contain, oldest first, with what their signatures are worth to `author`. */
export async function localCommits(git: InWorkTree, base: string | undefined, author: GitIdentity): Promise<LocalCommit[]> {
  const range = base === undefined ? ['HEAD'] : ['HEAD', `^${base}`];
  const raw = await git('read the local commits', ['rev-list', '--reverse', '--topo-order', '--header', ...range]);
  const commits = parseRawCommits(raw.stdout, new Set());
  const signed = commits.filter(({ signature }) => signature !== 'unsigned');
  if (signed.length === 0 || (author.signingKey ?? '') === '') return commits;
  const checked = await git(
    'check the signatures',
    ['log', '--no-walk=unsorted', '--stdin', '--no-show-signature', '--format=%G? %H'],
    { identity: author, input: `${signed.map(({ id }) => id).join('\n')}\n` },
  );
  const good = checked.stdout.split('\n').filter((line) => line.startsWith('G '));
  return parseRawCommits(raw.stdout, new Set(good.map((line) => line.slice(2))));
}
