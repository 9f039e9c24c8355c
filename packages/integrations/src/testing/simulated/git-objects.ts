import { createHash } from 'node:crypto';
import type { GitIdentity } from '../../git/port.ts';

/** Path → content of all files of a commit. */
export type Tree = ReadonlyMap<string, string>;

/** A commit in memory, with the id that git itself would give it. */
export interface SimulatedCommit {
  id: string;
  tree: Tree;
  parents: readonly string[];
  author: GitIdentity;
  /** Epoch milliseconds, whole seconds. */
  date: number;
  /** Ends with a newline unless empty. */
  message: string;
  /** Key with which it is signed; not part of the id. */
  signedWith?: string | undefined;
}

/** What a tag stands for. */
export interface SimulatedTag {
  commit: string;
  annotation?: { message: string; tagger: GitIdentity; date: number } | undefined;
}

/** Makes a commit; equal contents give equal ids, those of git for plain files. */
export function makeCommit(commit: Omit<SimulatedCommit, 'id'>): SimulatedCommit {
  const seconds = Math.floor(commit.date / 1000);
  const who = `${commit.author.name} <${commit.author.email}> ${seconds} +0000`;
  const text = [
    `tree ${treeId(commit.tree)}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${who}`,
    `committer ${who}`,
    '',
    commit.message,
  ].join('\n');
  return { ...commit, date: seconds * 1000, id: objectId('commit', Buffer.from(text)) };
}

/** As git cleans messages up: no blanks at line ends, no empty lines around, one newline at the end. */
export function cleanMessage(message: string): string {
  const lines = message.split('\n').map((line) => line.trimEnd());
  const text = lines
    .filter((line, index) => line !== '' || lines[index - 1] !== '')
    .join('\n')
    .replace(/^\n+|\n+$/g, '');
  return text === '' ? '' : `${text}\n`;
}

/** Whether two trees hold the same files. */
export function sameTree(a: Tree, b: Tree): boolean {
  return a.size === b.size && [...a].every(([path, content]) => b.get(path) === content);
}

/** The id that git gives a tree of plain files. */
export function treeId(tree: Tree): string {
  const files = new Map<string, string>();
  const folders = new Map<string, Map<string, string>>();
  for (const [path, content] of tree) {
    const slash = path.indexOf('/');
    if (slash < 0) files.set(path, content);
    else {
      const name = path.slice(0, slash);
      const folder = folders.get(name) ?? new Map<string, string>();
      folders.set(name, folder.set(path.slice(slash + 1), content));
    }
  }
  const entries = [
    ...[...files].map(([name, content]) => ({ mode: '100644', name, order: name, id: objectId('blob', Buffer.from(content)) })),
    // Git sorts folders as if their names ended with a slash.
    ...[...folders].map(([name, folder]) => ({ mode: '40000', name, order: `${name}/`, id: treeId(folder) })),
  ].sort((a, b) => Buffer.compare(Buffer.from(a.order), Buffer.from(b.order)));
  return objectId(
    'tree',
    Buffer.concat(entries.map(({ mode, name, id }) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]))),
  );
}

function objectId(type: string, content: Buffer): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}
