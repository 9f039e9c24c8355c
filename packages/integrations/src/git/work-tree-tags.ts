import { GitError } from './git-error.ts';
import type { GitCommand } from './git-runner.ts';
import type { GitIdentity, TagOptions } from './port.ts';
import type { ProcessResult } from '../process/port.ts';
import { isRefName } from './branch-name.ts';

/** Where a tag that was replaced is remembered until the new one is pushed, before its name. */
const REPLACED = 'refs/kargo/replaced-tags/';

/** Runs git in a work tree. */
export type InWorkTree = (action: string, args: readonly string[], options?: Partial<GitCommand>) => Promise<ProcessResult>;

/** Fails with `invalid` for what cannot be the name of a tag. */
export function checkTag(tag: string): void {
  if (!isRefName(tag)) throw new GitError('invalid', `${JSON.stringify(tag)} cannot be the name of a tag`);
}

/** Takes over a tag of the remote, if it has one of this name: a shallow clone knows none of them. */
export async function fetchTag(
  git: InWorkTree,
  name: string,
  { url, fetch }: { url: string; fetch: Partial<GitCommand> },
): Promise<void> {
  const ref = `refs/tags/${name}`;
  const options = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-maintenance', '--depth=1'];
  try {
    await git(`look for tag ${name} of ${url}`, ['fetch', ...options, url, `+${ref}:${ref}`], fetch);
  } catch (error) {
    if (!(error instanceof GitError) || !/couldn't find remote ref/i.test(error.message)) throw error;
  }
}

/** Makes an annotated tag on the commit `head`, as {@link WorkTree.tag} says. */
export async function makeTag(
  git: InWorkTree,
  { name, message, force = false, date }: TagOptions,
  { head, author, remoteURL }: { head: string; author: GitIdentity; remoteURL: string },
): Promise<void> {
  checkTag(name);
  const ref = `refs/tags/${name}`;
  const found = await git('look for the tag', [
    'for-each-ref',
    '--format=%(refname) %(objectname) %(*objectname)%0a%(contents)',
    ref,
  ]);
  const [ids = '', ...lines] = found.stdout.split('\n');
  const [existing = '', old = '', commit = ''] = ids.split(' ');
  // Patterns match names that go on after a slash, too.
  if (existing === ref) {
    const said = lines.join('\n').replace(/^-----BEGIN (?:PGP|SSH) SIGNATURE-----[^]*/m, '');
    if (commit === head && said.trim() === message.trim()) return;
    if (!force)
      throw new GitError('invalid', `tag ${name} exists in ${remoteURL} already; choose another name, or set force: true`);
    await git('remember the replaced tag', ['update-ref', `${REPLACED}${name}`, old]);
  }
  const signs = (author.signingKey ?? '') !== '';
  const flags = [...(force ? ['--force'] : []), ...(signs ? ['--sign'] : [])];
  await git(`tag HEAD as ${name}`, ['tag', '--annotate', '--cleanup=whitespace', '--file=-', ...flags, name], {
    identity: author,
    date,
    input: message,
  });
}

/** What `git push` is given to push a tag. Fails with `notFound` for a tag that is not here. */
export async function tagToPush(git: InWorkTree, name: string, remoteURL: string): Promise<{ flags: string[]; refspec: string }> {
  checkTag(name);
  const ref = `refs/tags/${name}`;
  const format = '--format=%(refname) %(objectname)';
  const found = await git('look for the tag', ['for-each-ref', format, ref, `${REPLACED}${name}`]);
  const refs = new Map(found.stdout.split('\n').map((line) => line.split(' ') as [string, string]));
  if (!refs.has(ref))
    throw new GitError('notFound', `the work tree of ${remoteURL} has no tag ${name}; make it with git-tag first`);
  const replaced = refs.get(`${REPLACED}${name}`);
  return { flags: replaced === undefined ? [] : [`--force-with-lease=${ref}:${replaced}`], refspec: `${ref}:${ref}` };
}
