import type { Clone, Git, WorkTree } from '../git/port.ts';
import type { GitRehearsal, RehearsedCommit, RehearsedEffect, RehearsedRemote } from './port.ts';

/** Where commits are to be looked up: in a work tree, or in the private copy of a remote. */
export type RehearsalPlace = { home: string; path: string } | { url: string };

/** What a rehearsal asks of the git it stands on. */
export interface RehearsalBackend {
  readonly git: Git;
  remotes(): RehearsedRemote[];
  /** All references of the private copy of a remote, by full name; tags as the commits they lead to. */
  refs(url: string): Promise<ReadonlyMap<string, string>>;
  /** Commits of `to` that none of `without` contains, oldest first, the newest `MAX_COMMITS` of them, and how many there are. */
  commits(place: RehearsalPlace, to: string, without: readonly string[]): Promise<{ commits: RehearsedCommit[]; count: number }>;
  treeOf(place: RehearsalPlace, commit: string): Promise<string>;
  contains(place: RehearsalPlace, commit: string, ancestor: string): Promise<boolean>;
}

interface SeenTree {
  tree: WorkTree;
  home: string;
  head: string;
}

/** A rehearsal on any git: notes work trees as they are made, and compares them and the copies of the remotes at every look. */
export function rehearsalOn(backend: RehearsalBackend): GitRehearsal {
  const trees = new Map<string, SeenTree>();
  const refs = new Map<string, ReadonlyMap<string, string>>();
  const told = new Set<string>();
  const used = new Map<string, { url: string; ref: string }>();
  const use = (url: string, ref: string): void => void used.set(`${url} ${ref}`, { url, ref });

  const note = async (tree: WorkTree, home: string): Promise<WorkTree> => {
    const known = trees.get(tree.path);
    trees.set(tree.path, { tree, home, head: known?.home === home ? known.head : await tree.head() });
    return tree;
  };
  const clone: Git['clone'] = async (options): Promise<Clone> => {
    const made = await backend.git.clone(options);
    return {
      addWorkTree: async (spec, rest) => {
        const tree = await made.addWorkTree(spec, rest);
        trees.delete(tree.path);
        const branch = 'branch' in spec.ref ? spec.ref.branch : 'default' in spec.ref ? await tree.branch() : undefined;
        if (branch !== undefined) use(tree.remoteURL, `refs/heads/${branch}`);
        if ('tag' in spec.ref) use(tree.remoteURL, `refs/tags/${spec.ref.tag}`);
        return note(tree, options.home);
      },
    };
  };
  const open: Git['open'] = async (path, options) => note(await backend.git.open(path, options), options.home);

  const commitsOf = async ({ tree, home, head }: SeenTree, now: string): Promise<RehearsedEffect[]> => {
    const url = tree.remoteURL;
    const remote = backend.remotes().find((one) => one.url === url);
    const without = [head, ...(remote === undefined ? [] : [...remote.branches.values(), ...remote.tags.values()])];
    const { commits } = await backend.commits({ home, path: tree.path }, now, without);
    return commits.flatMap((commit) => (told.has(commit.id) ? [] : [{ kind: 'commit', url, commit }]));
  };

  const pushesTo = async (remote: RehearsedRemote): Promise<RehearsedEffect[]> => {
    const { url } = remote;
    const before = refs.get(url) ?? namedRefs(remote);
    const now = await backend.refs(url);
    refs.set(url, now);
    const known = [...remote.branches.values(), ...remote.tags.values()];
    const out: RehearsedEffect[] = [];
    for (const [ref, to] of now) {
      const from = before.get(ref);
      if (from === to) continue;
      use(url, ref);
      const place = { url };
      const { commits, count } = await backend.commits(place, to, known);
      out.push({
        kind: 'push',
        url,
        ref,
        ...(from === undefined ? {} : { from }),
        to,
        tree: await backend.treeOf(place, to),
        commits,
        commitCount: count,
        forced: from !== undefined && !(await backend.contains(place, to, from)),
      });
    }
    for (const [ref, from] of before)
      if (!now.has(ref)) out.push({ kind: 'push', url, ref, from, commits: [], commitCount: 0, forced: false });
    return out;
  };

  return {
    git: new Proxy(backend.git, {
      get(target, property) {
        if (property === 'clone') return clone;
        if (property === 'open') return open;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
    remotes: () => backend.remotes(),
    used: () =>
      [...used.values()].map(({ url, ref }) => {
        const remote = backend.remotes().find((one) => one.url === url);
        const commit = remote === undefined ? undefined : namedRefs(remote).get(ref);
        return { url, ref, ...(commit === undefined ? {} : { commit }) };
      }),
    async take() {
      const out: RehearsedEffect[] = [];
      for (const seen of trees.values()) {
        const now = await seen.tree.head();
        if (now === seen.head) continue;
        out.push(...(await commitsOf(seen, now)));
        seen.head = now;
      }
      for (const remote of backend.remotes()) out.push(...(await pushesTo(remote)));
      for (const effect of out) for (const { id } of effect.kind === 'commit' ? [effect.commit] : effect.commits) told.add(id);
      return out;
    },
  };
}

function namedRefs({ branches, tags }: RehearsedRemote): Map<string, string> {
  return new Map([
    ...[...branches].map(([name, id]): [string, string] => [`refs/heads/${name}`, id]),
    ...[...tags].map(([name, id]): [string, string] => [`refs/tags/${name}`, id]),
  ]);
}
