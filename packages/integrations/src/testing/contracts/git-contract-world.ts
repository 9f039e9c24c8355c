import type { Git, GitIdentity, GitRemote, WorkTree } from '../../git/port.ts';
import type { SeedCommit } from '../fast-import.ts';

/** A git implementation with one remote repository, and ways around it to see and change both sides. */
export interface GitContractWorld {
  git: Git;
  /** The remote, with branch `main` of one commit: `README.md`, `base/kustomization.yaml`. */
  remote: GitRemote;
  /** A remote that does not exist on the same server. */
  absent: GitRemote;
  /** A new folder's path, for work trees and homes. */
  folder: string;
  /** Adds a commit to the remote behind the back of `git`. */
  seed(commit: SeedCommit): Promise<string>;
  tag(
    tag: string,
    revision: string,
    annotation?: { message: string; tagger: { name: string; email: string }; date: number },
  ): Promise<void>;
  tags(): Promise<Record<string, { commit: string; annotation?: string | undefined }>>;
  /** A key that this implementation signs with; absent where signing cannot be shown, for a reason that is printed. */
  signingKey?: string | undefined;
  branches(): Promise<Record<string, string>>;
  /** Path → content at a revision of the remote. */
  files(revision: string): Promise<Record<string, string>>;
  log(
    revision: string,
  ): Promise<{ id: string; author: string; committer: string; date: number; message: string; parents: string[] }[]>;
  refusePushes(message: string | undefined): Promise<void>;
  write(path: string, content: string): Promise<void>;
  read(path: string): Promise<string | undefined>;
  /** Names in a folder, sorted. */
  list(path: string): Promise<string[]>;
  close(): Promise<void>;
}

/** The author of what the contract commits. */
export const CONTRACT_AUTHOR: GitIdentity = { name: 'Kargo', email: 'kargo@example.com' };
/** When it is committed, epoch milliseconds. */
export const CONTRACT_DATE = 1_750_000_000_000;

/** A world that is made anew for every test, and what tests do in it time and again. */
export class GitContract {
  #world: GitContractWorld | undefined;

  /** The world of the test that runs. */
  get world(): GitContractWorld {
    if (this.#world === undefined) throw new Error('programmer error: no test runs');
    return this.#world;
  }

  enter(world: GitContractWorld): void {
    this.#world = world;
  }

  home(): string {
    return `${this.world.folder}/home`;
  }

  async cloneTree(path: string, branch: string, create = false): Promise<WorkTree> {
    const clone = await this.world.git.clone({ remote: this.world.remote, home: this.home(), author: CONTRACT_AUTHOR });
    return clone.addWorkTree({ path: `${this.world.folder}/${path}`, ref: { branch }, create });
  }

  async commitFile(tree: WorkTree, file: string, content: string, message = `Write ${file}`): Promise<string> {
    await this.world.write(`${tree.path}/${file}`, content);
    await tree.stage();
    return tree.commit({ message, date: CONTRACT_DATE });
  }

  /** The code of what a promise fails with, or `ok`. */
  codeOf(promise: Promise<unknown>): Promise<unknown> {
    return promise.then(
      () => 'ok',
      (error: { code?: unknown }) => error.code,
    );
  }
}
