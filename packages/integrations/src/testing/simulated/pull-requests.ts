import { shortTitle } from '../../pull-requests/fitted.ts';
import { timestamp } from '@kargo/kube';
import type { Clock } from '@kargo/kube';
import { checkMethod, closedUnmerged, sortPullRequests } from '../../pull-requests/order.ts';
import type { MergeOutcome, PullRequest, PullRequestRepository, PullRequests } from '../../pull-requests/port.ts';
import { PullRequestError } from '../../pull-requests/pull-request-error.ts';
import { makeCommit } from './git-objects.ts';
import type { Operations } from './operations.ts';
import { SimulatedRemotes } from './remotes.ts';

/** Characters of the longest title. */
const MAX_TITLE = 256;

/** A pull request of the simulated world. */
export interface SimulatedPull {
  number: number;
  title: string;
  description: string;
  source: string;
  target: string;
  labels: string[];
  reviewers: string[];
  comments: string[];
  state: 'open' | 'merged' | 'closed';
  draft: boolean;
  /** Why it is not ready; people at the provider decide. */
  hindrance?: string | undefined;
  createdAt: number;
  /** Head of the source branch when it was merged or closed. */
  head?: string | undefined;
  mergeCommit?: string | undefined;
  method?: string | undefined;
}

/** The pull requests of a simulated world, as somebody at the provider sees and changes them. */
export class SimulatedPulls {
  readonly #remotes: SimulatedRemotes;
  readonly #clock: Clock;
  readonly #pulls = new Map<string, SimulatedPull[]>();

  constructor(remotes: SimulatedRemotes, clock: Clock) {
    this.#remotes = remotes;
    this.#clock = clock;
  }

  /** All of a repository, oldest first. */
  of(url: string): SimulatedPull[] {
    const found = this.#pulls.get(url) ?? [];
    this.#pulls.set(url, found);
    return found;
  }

  open(
    url: string,
    pull: Pick<SimulatedPull, 'title' | 'description' | 'source' | 'target' | 'labels'> &
      Partial<Pick<SimulatedPull, 'draft' | 'reviewers'>>,
  ): SimulatedPull {
    const all = this.of(url);
    const opened: SimulatedPull = {
      draft: false,
      reviewers: [],
      ...pull,
      comments: [],
      number: all.length + 1,
      state: 'open',
      createdAt: this.#clock.now(),
    };
    all.push(opened);
    return opened;
  }

  close(url: string, number: number): void {
    const pull = this.get(url, number);
    pull.head = this.#remotes.remote(url).branches.get(pull.source);
    pull.state = 'closed';
  }

  /** Merges with a merge commit, as the provider's page does. Returns the commit. Fails with `refused` for conflicts. */
  merge(url: string, number: number, method?: string): string {
    const pull = this.get(url, number);
    const { branches } = this.#remotes.remote(url);
    const head = branches.get(pull.source) ?? '';
    const target = branches.get(pull.target) ?? '';
    const known = this.#remotes.ancestors(target);
    const base = this.#remotes.history(head).find(({ id }) => known.has(id));
    const [ours, theirs] = [this.#remotes.get(target), this.#remotes.get(head)];
    const merged = SimulatedRemotes.merge(base?.tree ?? new Map(), ours.tree, theirs.tree);
    if ('conflict' in merged)
      throw new PullRequestError(
        'refused',
        `pull request ${number} of ${url} has conflicts with its target branch; resolve them`,
      );
    const commit = makeCommit({
      tree: merged.tree,
      parents: method === 'squash' ? [target] : [target, head],
      author: { name: 'Forge', email: 'forge@example.com' },
      date: this.#clock.now(),
      message: `${pull.title} (#${number})\n`,
    });
    this.#remotes.add(commit);
    branches.set(pull.target, commit.id);
    Object.assign(pull, { state: 'merged', mergeCommit: commit.id, head, method });
    return commit.id;
  }

  get(url: string, number: number): SimulatedPull {
    const pull = this.of(url).find((one) => one.number === number);
    if (pull === undefined || this.#remotes.find(url) === undefined)
      throw new PullRequestError('notFound', `${url} has no pull request ${number}`);
    return pull;
  }
}

/** Pull requests in memory, on the branches of simulated git servers. */
export function simulatedPullRequests(pulls: SimulatedPulls, remotes: SimulatedRemotes, operations: Operations): PullRequests {
  const described = (url: string, pull: SimulatedPull): PullRequest => {
    const headCommit = pull.head ?? remotes.remote(url).branches.get(pull.source);
    return {
      number: pull.number,
      url: `${url.replace(/\.git$/, '')}/pulls/${pull.number}`,
      title: pull.title,
      description: pull.description,
      sourceBranch: pull.source,
      targetBranch: pull.target,
      open: pull.state === 'open',
      merged: pull.state === 'merged',
      draft: pull.draft,
      createdAt: timestamp(pull.createdAt),
      ...(headCommit === undefined ? {} : { headCommit }),
      ...(pull.mergeCommit === undefined ? {} : { mergeCommit: pull.mergeCommit }),
    };
  };
  const perform = <T>(
    what: string,
    { url }: PullRequestRepository,
    signal: AbortSignal | undefined,
    action: () => T,
  ): Promise<T> => {
    const aborted = (cause: unknown): Error =>
      new PullRequestError('aborted', `could not ${what} in ${url}: it was cancelled`, { cause });
    return operations.perform(`pullRequests.${what} ${url}`, { signal, aborted, remote: true }, action);
  };
  return {
    list: (repository, { sourceBranch, targetBranch, headCommit }, { signal } = {}) =>
      perform('list', repository, signal, () => {
        const found = pulls
          .of(repository.url)
          .filter(({ source, target }) => source === sourceBranch && target === targetBranch)
          .map((pull) => described(repository.url, pull));
        return sortPullRequests(found.filter((pull) => headCommit === undefined || pull.headCommit === headCommit));
      }),
    get: (repository, number, { signal } = {}) =>
      perform('get', repository, signal, () => described(repository.url, pulls.get(repository.url, number))),
    create: (repository, { sourceBranch: source, targetBranch: target, labels = [], reviewers = [], ...rest }, { signal } = {}) =>
      perform('create', repository, signal, () => {
        const { url } = repository;
        const remote = remotes.find(url);
        if (remote === undefined) throw new PullRequestError('notFound', `could not open a pull request: there is no ${url}`);
        for (const branch of [source, target])
          if (!remote.branches.has(branch)) throw new PullRequestError('refused', `${url} has no branch ${branch}`);
        const open = pulls.of(url).some((pull) => pull.state === 'open' && pull.source === source && pull.target === target);
        if (open) throw new PullRequestError('refused', `${url} has an open pull request from ${source} to ${target} already`);
        const { title: given, description, draft = false } = rest;
        const title = shortTitle(given, MAX_TITLE);
        const pull = pulls.open(url, {
          source,
          target,
          title,
          description,
          draft,
          labels: [...new Set(labels)],
          reviewers: [...new Set(reviewers)],
        });
        operations.effect('pullRequests.create', { url, number: pull.number, source, target, title });
        return described(url, pull);
      }),
    update: (repository, number, change, { signal } = {}) =>
      perform('update', repository, signal, () => {
        const { url } = repository;
        const pull = pulls.get(url, number);
        if (pull.state !== 'open') throw new PullRequestError('refused', `pull request ${number} of ${url} is not open`);
        const { description = pull.description, labels = [], reviewers = [] } = change;
        const title = shortTitle(change.title ?? pull.title, MAX_TITLE);
        Object.assign(pull, {
          title,
          description,
          labels: [...new Set([...pull.labels, ...labels])],
          reviewers: [...new Set([...pull.reviewers, ...reviewers])],
        });
        operations.effect('pullRequests.update', { url, number, title });
        return described(url, pull);
      }),
    close: (repository, number, reason, { signal } = {}) =>
      perform('close', repository, signal, () => {
        const { url } = repository;
        const pull = pulls.get(url, number);
        if (pull.state === 'open') {
          pull.comments.push(reason);
          pulls.close(url, number);
          operations.effect('pullRequests.close', { url, number });
        }
        return described(url, pull);
      }),
    merge: (repository, number, { method, signal } = {}) =>
      perform('merge', repository, signal, (): MergeOutcome => {
        const { url } = repository;
        checkMethod('the simulation', method, ['merge', 'squash']);
        const pull = pulls.get(url, number);
        if (pull.state === 'closed') throw closedUnmerged(number);
        if (pull.state === 'open') {
          if (pull.draft) return { kind: 'notReady', reason: 'it is a draft' };
          if (pull.hindrance !== undefined) return { kind: 'notReady', reason: pull.hindrance };
          pulls.merge(url, number, method);
          operations.effect('pullRequests.merge', { url, number, to: pull.mergeCommit });
        }
        return { kind: 'merged', pullRequest: described(url, pull) };
      }),
  };
}
