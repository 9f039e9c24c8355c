import type { GitServer } from '../git-server.ts';
import type { ForgeRequest, ForgeRoutes } from './forge.ts';

interface Signatory {
  name: string;
  email: string;
  date: string;
}

/** Whom commits without an author belong to. */
const OWNER: Signatory = { name: 'kargo[bot]', email: 'bot@github.example.com', date: '2026-01-01T00:00:00Z' };

/** GitHub's API for commits of a repository of a git server, with ids of real commits. Commits without author count as signed. */
export function githubCommitRoutes(server: GitServer, name: string): ForgeRoutes {
  const repo = `/api/v3/repos/${name}`;
  const git = async (...args: string[]): Promise<string> => (await server.git(name, ...args)).trim();
  const head = (branch: string): Promise<string | undefined> =>
    git('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`).catch(() => undefined);
  const contains = (commit: string, ancestor: string): Promise<boolean> =>
    git('merge-base', '--is-ancestor', ancestor, commit).then(
      () => true,
      () => false,
    );
  return [
    [
      'GET',
      new RegExp(`^${repo}/compare/([0-9a-f]{40})\\.\\.\\.([0-9a-f]{40})$`),
      async (_, base = '', tip = '') => {
        const ahead = await contains(tip, base);
        const behind = await contains(base, tip);
        return {
          status: 200,
          json: { status: ahead && behind ? 'identical' : ahead ? 'ahead' : behind ? 'behind' : 'diverged' },
        };
      },
    ],
    [
      'POST',
      new RegExp(`^${repo}/git/commits$`),
      async ({ body }: ForgeRequest) => {
        const { message, tree, parents } = body as { message: string; tree: string; parents: string[] };
        const author = (body['author'] as Signatory | undefined) ?? OWNER;
        const committer = (body['committer'] as Signatory | undefined) ?? author;
        const env = {
          GIT_AUTHOR_NAME: author.name,
          GIT_AUTHOR_EMAIL: author.email,
          GIT_AUTHOR_DATE: author.date,
          GIT_COMMITTER_NAME: committer.name,
          GIT_COMMITTER_EMAIL: committer.email,
          GIT_COMMITTER_DATE: committer.date,
        };
        const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent]), '-F', '-'];
        const sha = (await server.gitWith(name, { input: message, env }, ...args)).trim();
        return { status: 201, json: { sha, verification: { verified: body['author'] === undefined } } };
      },
    ],
    [
      'POST',
      new RegExp(`^${repo}/git/refs$`),
      async ({ body }: ForgeRequest) => {
        const { ref, sha } = body as { ref: string; sha: string };
        if ((await head(ref.replace('refs/heads/', ''))) !== undefined)
          return { status: 422, json: { message: 'Reference already exists' } };
        await git('update-ref', ref, sha);
        return { status: 201, json: { ref } };
      },
    ],
    [
      'PATCH',
      new RegExp(`^${repo}/git/refs/heads(?:/|%2F)(.+)$`),
      async ({ body }: ForgeRequest, branch = '') => {
        const { sha, force } = body as { sha: string; force: boolean };
        const old = await head(branch);
        if (old === undefined) return { status: 422, json: { message: 'Reference does not exist' } };
        if (!force && !(await contains(sha, old))) return { status: 422, json: { message: 'Update is not a fast forward' } };
        await git('update-ref', `refs/heads/${branch}`, sha);
        return { status: 200, json: { ref: `refs/heads/${branch}` } };
      },
    ],
  ];
}
