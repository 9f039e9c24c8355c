/** What keeps a promotion that was made from a plan to it. */
import { annotations, type Promotion } from '@kargo/api';
import { GitError, type Git, type GitHubCommits, type PushOptions, type WorkTree } from '@kargo/integrations';
import { TerminalStepError, type StepPorts } from '../step.ts';
import { processDigest } from './basis.ts';
import type { PreviewBasis } from './document.ts';
import { overriding } from './overriding.ts';
import type { PreviewRequest } from './preview-promotion.ts';
import { nameInPreviews, requestDigest, watchedPorts, type SentRequest } from './sent-requests.ts';

/** The part of a plan that the promotion carries. */
type Plan = Pick<PreviewBasis, 'process' | 'trees' | 'requests' | 'open'>;

/** Trees of branches that begin empty. */
const EMPTY_TREES = [
  '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
] as const;

/** The annotation that holds a promotion to a plan. */
export function planAnnotation({ process, trees, requests, open }: PreviewBasis): string {
  return JSON.stringify({ process, trees, requests, open } satisfies Plan);
}

/** Why a promotion is not what its plan is for; undefined if it is, or has no plan. */
export function planRefusal(request: Pick<PreviewRequest, 'promotion' | 'freight'>): string | undefined {
  const plan = planOf(request.promotion);
  if (plan === undefined) return undefined;
  if (plan === 'unreadable') return 'the plan of this promotion cannot be read; make a new one';
  if (plan.process === processDigest(request)) return undefined;
  return 'the steps or variables of the Stage, or its Freight, are not those of the plan any more; make a new plan';
}

/**
 * Ports through which a step of a promotion that has a plan pushes the trees of the plan, and opens pull requests, sends HTTP requests and
 * changes Argo CD Applications as in the plan, and in no other way: what differs fails for good, before it happens. Those of other
 * promotions stay as they are.
 */
export function plannedPorts(ports: StepPorts, request: Pick<PreviewRequest, 'promotion' | 'freight'>, alias: string): StepPorts {
  const { promotion } = request;
  const plan = planOf(promotion);
  if (plan === undefined || plan === 'unreadable') return ports;
  const name = promotion.metadata.name ?? '';
  const allowed = (url: string, ref: string): ReadonlySet<string> => {
    const planned = name === '' ? ref : ref.replaceAll(name, nameInPreviews(name));
    return new Set(
      plan.trees.flatMap(({ repository, ref: known, tree }) =>
        repository === url && (known === ref || known === planned) && tree !== undefined ? [tree] : [],
      ),
    );
  };
  const trees = new Map<string, WorkTree>();
  return watchedPorts(
    {
      ...ports,
      git: plannedGit(ports.git, allowed, (tree) => trees.set(tree.remoteURL, tree)),
      githubCommits: plannedGitHub(ports.githubCommits, allowed, trees),
    },
    heldTo(plan, request, alias),
  );
}

/** Lets the requests of a step pass that are in the plan. Plans of earlier versions say nothing about requests. */
function heldTo(
  { requests, open = [] }: Plan,
  request: Pick<PreviewRequest, 'promotion' | 'freight'>,
  alias: string,
): (sent: SentRequest) => Promise<void> {
  const answered = new Set<string>();
  return async (sent) => {
    if (requests === undefined || answered.has(sent.subject)) return;
    const { subject, words, decides } = sent;
    const planned = requests.filter((one) => one.step === alias && one.subject === subject);
    if (planned.length === 0 && open.includes(alias)) return;
    const now = await requestDigest(sent, request);
    if (!planned.some(({ digest }) => digest === now)) {
      const why = planned.length === 0 ? `step "${alias}" does no such thing` : 'it is another one';
      throw new TerminalStepError(`did not send ${words}: by the plan ${why}; make a new plan`, { status: 'Failed' });
    }
    if (decides) answered.add(subject);
  };
}

type Allowed = (url: string, ref: string) => ReadonlySet<string>;

/** GitHub's API, which moves branches only to trees of the plan. */
function plannedGitHub(commits: GitHubCommits, allowed: Allowed, opened: ReadonlyMap<string, WorkTree>): GitHubCommits {
  const made = new Map<string, string>();
  return overriding(commits, {
    createCommit: async (repository, commit, options) => {
      const id = await commits.createCommit(repository, commit, options);
      made.set(id, commit.tree);
      return id;
    },
    setBranch: async (repository, change, options) => {
      // A commit that was not made here is the one that is checked out.
      const tree = made.get(change.commit) ?? (await opened.get(repository.url)?.tree()) ?? '';
      check(repository.url, `refs/heads/${change.name}`, [tree], allowed);
      return commits.setBranch(repository, change, options);
    },
  });
}

function plannedGit(git: Git, allowed: Allowed, opened: (tree: WorkTree) => void): Git {
  return overriding(git, {
    open: async (path, options) => {
      const tree = await git.open(path, options);
      opened(tree);
      return plannedTree(tree, allowed);
    },
    clone: async (options) => {
      const clone = await git.clone(options);
      return {
        async addWorkTree(spec, rest) {
          if (spec.create === true && 'branch' in spec.ref) {
            const { branch } = spec.ref;
            const { branches } = await git.remoteRefs(options.remote, rest);
            if (!branches.has(branch)) check(options.remote.url, `refs/heads/${branch}`, EMPTY_TREES, allowed);
          }
          return plannedTree(await clone.addWorkTree(spec, rest), allowed);
        },
      };
    },
  });
}

function plannedTree(tree: WorkTree, allowed: Allowed): WorkTree {
  const url = tree.remoteURL;
  return overriding(tree, {
    async push(options) {
      if (!(await isThere(tree, options))) check(url, `refs/heads/${options.branch}`, [await tree.tree()], allowed);
      return tree.push(options);
    },
    async pushTag(name, options) {
      check(url, `refs/tags/${name}`, [await tree.tree(name)], allowed);
      return tree.pushTag(name, options);
    },
    async land(options) {
      try {
        return await tree.land({ ...options, trees: allowed(url, `refs/heads/${options.branch}`) });
      } catch (error) {
        if (!(error instanceof GitError) || error.code !== 'unplanned') throw error;
        throw new TerminalStepError(error.message, { status: 'Failed', cause: error });
      }
    },
  });
}

/** Whether the remote has it already: then there is nothing to be pushed, and plans do not speak of it. */
async function isThere(tree: WorkTree, { branch, signal }: PushOptions): Promise<boolean> {
  return (await tree.fetch(branch, { signal })) === (await tree.head());
}

function check(url: string, ref: string, trees: readonly string[], allowed: Allowed): void {
  const planned = allowed(url, ref);
  if (trees.some((tree) => planned.has(tree))) return;
  const plan =
    planned.size === 0 ? 'nothing is to be pushed there' : `the files of tree ${[...planned].join(' or ')} are to be pushed`;
  throw new TerminalStepError(
    `did not push to ${ref} of ${url}: by the plan ${plan}, but by now it would be tree ${trees[0] ?? ''}; make a new plan`,
    { status: 'Failed' },
  );
}

function planOf({ metadata }: Promotion): Plan | 'unreadable' | undefined {
  const text = metadata.annotations?.[annotations.plan];
  if (text === undefined) return undefined;
  try {
    const plan = JSON.parse(text) as Partial<Plan> | null;
    return typeof plan?.process === 'string' && Array.isArray(plan.trees) ? (plan as Plan) : 'unreadable';
  } catch {
    return 'unreadable';
  }
}
