import { GitError, type Clone, type WorkTree } from '@kargo/integrations';
import type { Step, StepContext } from '../../step.ts';
import { TerminalStepError } from '../../step.ts';
import { authorSchema, identityOf, type AuthorConfig } from '../git/author.ts';
import { systemIdentity } from '../git/system-identity.ts';
import { homeOf, relativePath, remoteOf, rememberWorkTree } from '../git/work-trees.ts';
import { absentText, flag, list, object, optionalText, presentText, text } from '../schema.ts';

interface Checkout {
  path: string;
  as?: string | undefined;
  branch?: string | undefined;
  commit?: string | undefined;
  tag?: string | undefined;
  create?: boolean | undefined;
  sparse?: string[] | undefined;
}

/** What git takes for less than everything. */
const MAX_DEPTH = 2_147_483_646;

export interface GitCloneConfig {
  repoURL: string;
  insecureSkipTLSVerify?: boolean | undefined;
  recurseSubmodules?: boolean | undefined;
  blobless?: boolean | undefined;
  depth?: number | undefined;
  author?: AuthorConfig | undefined;
  checkout: Checkout[];
}

const checkoutSchema = object(
  {
    path: text('Where the working tree goes.'),
    as: optionalText('Key of the checked-out commit in the output `commits`; the path if absent.'),
    branch: optionalText('Branch to check out. Exclusive with `commit` and `tag`; without any, the default branch.'),
    commit: optionalText('Commit to check out. Exclusive with `branch` and `tag`.'),
    tag: optionalText('Tag to check out. Exclusive with `branch` and `commit`.'),
    create: flag('Start the branch, empty and without history, if it does not exist.'),
    sparse: list(text('A directory relative to the root of the repository.'), 'Directories to check out; others are left out.', {
      minItems: 1,
    }),
  },
  ['path'],
  {
    oneOf: [
      { properties: { branch: absentText, commit: absentText, tag: absentText } },
      { required: ['branch'], properties: { branch: presentText, commit: absentText, tag: absentText } },
      { required: ['commit'], properties: { branch: absentText, commit: presentText, tag: absentText } },
      { required: ['tag'], properties: { branch: absentText, commit: absentText, tag: presentText } },
    ],
  },
);

/**
 * Clones a repository and checks out branches, commits or tags of it into folders. Output: `commits`, the commit checked out by alias
 * or path. Clones come from a warm mirror: `blobless` decides whether that fetches contents of files before they are needed, `depth` how
 * much of the history.
 */
export const gitClone: Step<GitCloneConfig> = {
  name: 'git-clone',
  outputs: {
    commits: {
      type: 'object',
      description: 'The commits that were checked out, by the names or paths of the work trees.',
      additionalProperties: { type: 'string' },
    },
  },
  configSchema: object(
    {
      repoURL: text('URL of the repository.'),
      insecureSkipTLSVerify: flag('Accept any certificate of the server, here and in all later steps on this clone.'),
      recurseSubmodules: flag('Check out submodules too.'),
      blobless: flag('Fetch file contents only as they are needed.'),
      depth: {
        type: 'integer',
        description:
          'Fetch only this many commits of each history that is checked out; all if absent. What needs more gets it by itself.',
        minimum: 1,
        maximum: MAX_DEPTH,
      },
      author: authorSchema('Author of the commits later steps make in this clone; the system user if absent.'),
      checkout: list(checkoutSchema, 'What to check out, and where.', { minItems: 1 }),
    },
    ['repoURL', 'checkout'],
    { title: 'GitCloneConfig' },
  ),

  async run(context, ports) {
    const { config, workspace, signal } = context;
    refuseDuplicates(config.checkout);
    const author = identityOf(config.author);
    const remote = await remoteOf(context, ports, config.repoURL, config.insecureSkipTLSVerify);
    const clone = await ports.git.clone({
      remote: { ...remote, blobless: config.blobless, depth: config.depth },
      home: await homeOf(workspace, context.alias),
      author: author ?? (await systemIdentity(ports, signal)),
      signal,
    });
    const commits: [string, string][] = [];
    for (const checkout of config.checkout) {
      const tree = await addWorkTree(clone, checkout, context);
      await rememberWorkTree(workspace, {
        path: await relativePath(workspace, checkout.path),
        alias: context.alias,
        repoURL: config.repoURL,
        insecureSkipTLSVerify: config.insecureSkipTLSVerify,
        author,
      });
      commits.push([keyOfCheckout(checkout), await tree.head()]);
    }
    return { status: 'Succeeded', output: { commits: Object.fromEntries(commits) } };
  },
};

async function addWorkTree(clone: Clone, checkout: Checkout, context: StepContext<GitCloneConfig>): Promise<WorkTree> {
  const { branch = '', commit = '', tag = '', create = false } = checkout;
  const ref = branch !== '' ? { branch } : commit !== '' ? { commit } : tag !== '' ? { tag } : ({ default: true } as const);
  const path = await context.workspace.resolve(checkout.path);
  try {
    return await clone.addWorkTree(
      {
        path,
        ref,
        create: create && branch !== '',
        createDate: context.startedAt,
        sparse: checkout.sparse,
        submodules: context.config.recurseSubmodules,
      },
      { signal: context.signal },
    );
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'notFound' || branch === '' || create) throw error;
    throw new Error(
      `branch "${branch}" does not exist in ${context.config.repoURL}; push it, or set \`create: true\` to start it empty`,
      { cause: error },
    );
  }
}

function keyOfCheckout({ as, path }: Checkout): string {
  return as === undefined || as === '' ? path : as;
}

function refuseDuplicates(checkouts: readonly Checkout[]): void {
  const seen = new Set<string>();
  for (const checkout of checkouts) {
    const key = keyOfCheckout(checkout);
    if (seen.has(key))
      throw new TerminalStepError(`two checkouts are named "${key}"; give one of them another \`as\``, { status: 'Failed' });
    seen.add(key);
  }
}
