/** What keeps a promotion that was made from a plan to it. */
import { annotations, type Promotion } from '@kargo/api';
import { GitError, type Git, type PushOptions, type WorkTree } from '@kargo/integrations';
import { TerminalStepError, type StepPorts } from '../step.ts';
import { processDigest } from './basis.ts';
import type { PreviewBasis } from './document.ts';
import type { PreviewRequest } from './preview-promotion.ts';

/** The part of a plan that the promotion carries. */
type Plan = Pick<PreviewBasis, 'process' | 'trees'>;

/** Trees of branches that begin empty. */
const EMPTY_TREES = [
  '4b825dc642cb6eb9a060e54bf8d69288fbee4904',
  '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
] as const;
/** Takes the place of what makes names of promotions unique. In previews it is zeros. */
const ULID = /\.[0-9a-z]{26}\./;

/** The annotation that holds a promotion to a plan. */
export function planAnnotation({ process, trees }: PreviewBasis): string {
  return JSON.stringify({ process, trees } satisfies Plan);
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
 * Ports through which a promotion that has a plan pushes the trees of the plan and no others: what differs fails for good, before it is
 * pushed. Those of other promotions stay as they are.
 */
export function plannedPorts(ports: StepPorts, promotion: Promotion): StepPorts {
  const plan = planOf(promotion);
  if (plan === undefined || plan === 'unreadable') return ports;
  const name = promotion.metadata.name ?? '';
  const allowed = (url: string, ref: string): ReadonlySet<string> => {
    const planned = ref.replaceAll(name, name.replace(ULID, `.${'0'.repeat(26)}.`));
    return new Set(
      plan.trees.flatMap(({ repository, ref: known, tree }) =>
        repository === url && (known === ref || known === planned) && tree !== undefined ? [tree] : [],
      ),
    );
  };
  return { ...ports, git: plannedGit(ports.git, allowed) };
}

type Allowed = (url: string, ref: string) => ReadonlySet<string>;

function plannedGit(git: Git, allowed: Allowed): Git {
  return overriding(git, {
    open: async (path, options) => plannedTree(await git.open(path, options), allowed),
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

/** `target` with some of its methods replaced. */
function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(_, property) {
      const own = methods[property as keyof T];
      if (own !== undefined) return own;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
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
