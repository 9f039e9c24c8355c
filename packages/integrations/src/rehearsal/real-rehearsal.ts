import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createHash } from 'node:crypto';
import type { GitCommand, GitRunner } from '../git/git-runner.ts';
import type { Mirror } from '../git/mirror.ts';
import { shareObjects } from '../git/object-sharing.ts';
import type { Git } from '../git/port.ts';
import type { CleanRemote } from '../git/remote-url.ts';
import { initRepository } from '../git/repository-files.ts';
import type { SpareTrees } from '../git/spare-trees.ts';
import type { GitTimeouts } from '../git/timeouts.ts';
import { treeGitDir } from '../git/tree-record.ts';
import { parseRaw, withContents } from './patch.ts';
import { MAX_COMMITS, type RehearsedCommit, type RehearsedRemote } from './port.ts';
import type { RehearsalBackend, RehearsalPlace } from './rehearsal.ts';

/** More context than any file has lines. */
const WHOLE_FILE = '--unified=100000000';
/** The settings of a copy. It lives for minutes, and a machine that crashes takes the rehearsal along. */
const CONFIG =
  '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n\tfsync = none\n[receive]\n\tautogc = false\n\tunpackLimit = 1\n';

interface Copy extends RehearsedRemote {
  gitDir: string;
  mirror: Mirror;
}

/** What the git of a rehearsal differs in: its remotes are prepared before use, and the program is led to the copies of them. */
export interface RehearsalMode {
  prepare(remote: CleanRemote): Promise<void>;
  /** Fills the new repository of a mirror with what the copy of a remote that was prepared has. */
  seed(remote: CleanRemote): (gitDir: string) => Promise<void>;
  /** Work trees that are kept ready for a remote that was prepared. */
  spares(remote: CleanRemote): SpareTrees | undefined;
  /** Environment that makes git take the copies for the remotes, and refuse everything that is not on this machine. */
  environment(): Readonly<Record<string, string>>;
}

/** What a real rehearsal stands on. */
export interface RealRehearsalParts {
  directory: string;
  /** Runs commands in the copies. */
  runner: GitRunner;
  timeouts: GitTimeouts;
  /** The warm mirror of a remote, from which its copy is made. */
  mirror(remote: CleanRemote): Promise<Mirror>;
  /** The work trees that are kept ready of it. */
  spares(mirror: Mirror, remote: CleanRemote): SpareTrees | undefined;
  /** Git in that mode, whose own folder is the given one. */
  git(mode: RehearsalMode, directory: string): Git;
}

/** A rehearsal with the git program, on bare copies of the remotes that share the objects of the warm mirrors. */
export function realRehearsal(parts: RealRehearsalParts): RehearsalBackend {
  const directory = resolve(parts.directory);
  const copies = new Map<string, Copy>();
  const preparing = new Map<string, Promise<void>>();

  const prepare = async (remote: CleanRemote): Promise<void> => {
    // The copy has to hand out everything, so it is made from a mirror that has everything.
    const mirror = await parts.mirror({ ...remote, blobless: false });
    const [{ branches, tags, tagObjects }, { defaultBranch = 'main' }] = await Promise.all([
      mirror.refresh(),
      mirror.remoteRefs(),
    ]);
    const gitDir = join(directory, 'remotes', createHash('sha256').update(remote.url).digest('hex').slice(0, 24));
    await mkdir(join(directory, 'remotes'), { recursive: true, mode: 0o700 });
    await initRepository(gitDir, `ref: refs/heads/${defaultBranch}\n`, CONFIG);
    await mirror.share(gitDir);
    const refs = [
      ...[...branches].map(([name, id]) => `${id} refs/heads/${name}`),
      ...[...tagObjects].map(([name, id]) => `${id} refs/tags/${name}`),
    ];
    await writeFile(join(gitDir, 'packed-refs'), ['# pack-refs with: ', ...refs, ''].join('\n'), { mode: 0o600 });
    copies.set(remote.url, { url: remote.url, branches, tags, gitDir, mirror });
  };
  const mode: RehearsalMode = {
    prepare: async (remote) => {
      const known = preparing.get(remote.url) ?? prepare(remote);
      preparing.set(remote.url, known);
      try {
        await known;
      } catch (error) {
        preparing.delete(remote.url);
        throw error;
      }
    },
    seed: (remote) => async (gitDir) => {
      const { gitDir: copy } = copyOf(copies, remote.url);
      await shareObjects(copy, gitDir);
      await copyFile(join(copy, 'packed-refs'), join(gitDir, 'packed-refs'));
    },
    spares: (remote) => parts.spares(copyOf(copies, remote.url).mirror, remote),
    environment: () => {
      const rewrites = [...copies.values()].map(({ gitDir, url }) => [`url.${gitDir}.insteadOf`, url] as const);
      return {
        // Whatever is not led to a copy goes nowhere: no other way out of this machine is open to git.
        GIT_ALLOW_PROTOCOL: 'file',
        GIT_CONFIG_COUNT: String(rewrites.length),
        ...Object.fromEntries(
          rewrites.flatMap(([key, value], index) => [
            [`GIT_CONFIG_KEY_${index}`, key],
            [`GIT_CONFIG_VALUE_${index}`, value],
          ]),
        ),
      };
    },
  };
  const run = async (place: RehearsalPlace, args: readonly string[], rest: Partial<GitCommand> = {}) => {
    const gitDir = 'url' in place ? copyOf(copies, place.url).gitDir : treeGitDir(place.home, place.path);
    return parts.runner.run({
      action: 'look at what was rehearsed',
      args,
      cwd: gitDir,
      gitDir,
      timeout: parts.timeouts.local,
      ...rest,
    });
  };

  const described = new Map<string, Promise<RehearsedCommit>>();
  /** What was committed is pushed mostly: it is looked at once. */
  const describe = (place: RehearsalPlace, id: string): Promise<RehearsedCommit> => {
    const known = described.get(id) ?? read(place, id);
    described.set(id, known);
    known.catch(() => described.delete(id));
    return known;
  };
  const read = async (place: RehearsalPlace, id: string): Promise<RehearsedCommit> => {
    const log = await run(place, ['log', '-1', '--no-show-signature', '--format=%T%x00%P%x00%an <%ae>%x00%B', id]);
    const [tree = '', parents = '', author = '', message = ''] = log.stdout.split('\0');
    const [parent] = parents.split(' ');
    const range = parent === undefined || parent === '' ? ['--root', id] : [parent, id];
    const common = ['diff-tree', '-r', '--no-commit-id', '--no-renames', '--no-ext-diff', '--no-textconv'];
    const [raw, patch] = await Promise.all([
      run(place, [...common, '-z', '--raw', ...range]),
      run(place, [...common, '--patch', '--no-color', WHOLE_FILE, ...range]),
    ]);
    return {
      id,
      tree,
      parents: parents.split(' ').filter((one) => one !== ''),
      author,
      message: message.trimEnd(),
      files: withContents(parseRaw(raw.stdout), patch.stdout),
    };
  };

  return {
    git: parts.git(mode, join(directory, 'git')),
    remotes: () => [...copies.values()].map(({ url, branches, tags }) => ({ url, branches, tags })),
    refs: async (url) => {
      const { stdout } = await run({ url }, ['for-each-ref', '--format=%(objectname) %(*objectname) %(refname)']);
      const lines = stdout.split('\n').filter((line) => line !== '');
      return new Map(
        lines.map((line): [string, string] => {
          const [id = '', peeled = '', ref = ''] = line.split(' ');
          return [ref, peeled === '' ? id : peeled];
        }),
      );
    },
    commits: async (place, to, without) => {
      const input = [to, ...new Set(without.map((id) => `^${id}`))].join('\n');
      const { stdout } = await run(place, ['rev-list', '--ignore-missing', '--topo-order', '--stdin'], { input: `${input}\n` });
      const ids = stdout.split('\n').filter((line) => line !== '');
      const commits: RehearsedCommit[] = [];
      for (const id of ids.slice(0, MAX_COMMITS).toReversed()) commits.push(await describe(place, id));
      return { commits, count: ids.length };
    },
    treeOf: async (place, commit) => (await run(place, ['rev-parse', '--verify', `${commit}^{tree}`])).stdout.trim(),
    contains: async (place, commit, ancestor) => {
      const { exitCode } = await run(place, ['merge-base', '--is-ancestor', ancestor, commit], { accept: [0, 1, 128] });
      return exitCode === 0;
    },
  };
}

function copyOf(copies: ReadonlyMap<string, Copy>, url: string): Copy {
  const copy = copies.get(url);
  if (copy === undefined) throw new Error(`programmer error: ${url} was not prepared for a rehearsal`);
  return copy;
}
