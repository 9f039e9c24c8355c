import type { RemoteRefs } from './port.ts';

/** The references of a mirror. */
export type MirrorRefs = Pick<RemoteRefs, 'branches' | 'tags'> & {
  /** Tag name → what the reference itself names: the tag object of an annotated tag. */
  tagObjects: ReadonlyMap<string, string>;
};

/** Reads the answer of `git ls-remote --symref`. Tags are peeled, and those that do not lead to a commit are still listed. */
export function parseLsRemote(output: string): RemoteRefs & { head?: string | undefined } {
  const branches = new Map<string, string>();
  const tags = new Map<string, string>();
  let defaultBranch: string | undefined;
  let head: string | undefined;
  for (const line of output.split('\n')) {
    const [value, ref] = line.split('\t');
    if (value === undefined || ref === undefined) continue;
    if (ref === 'HEAD') {
      if (value.startsWith('ref: ')) defaultBranch = withoutPrefix(value.slice('ref: '.length), 'refs/heads/') ?? defaultBranch;
      else head = value;
      continue;
    }
    const branch = withoutPrefix(ref, 'refs/heads/');
    if (branch !== undefined) branches.set(branch, value);
    const tag = withoutPrefix(ref, 'refs/tags/');
    // The peeled line follows the tag's own one, and replaces it.
    if (tag !== undefined) tags.set(tag.endsWith('^{}') ? tag.slice(0, -'^{}'.length) : tag, value);
  }
  return { branches, tags, defaultBranch, head };
}

/** Format for `git for-each-ref` that {@link parseForEachRef} reads. */
export const FOR_EACH_REF_FORMAT = '%(objectname) %(*objectname) %(refname)';

/** Reads the answer of `git for-each-ref` with {@link FOR_EACH_REF_FORMAT}. */
export function parseForEachRef(output: string): MirrorRefs {
  const branches = new Map<string, string>();
  const tags = new Map<string, string>();
  const tagObjects = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [id, peeled, ref] = line.split(' ');
    if (id === undefined || ref === undefined) continue;
    const branch = withoutPrefix(ref, 'refs/heads/');
    if (branch !== undefined) branches.set(branch, id);
    const tag = withoutPrefix(ref, 'refs/tags/');
    if (tag === undefined) continue;
    tags.set(tag, peeled === undefined || peeled === '' ? id : peeled);
    tagObjects.set(tag, id);
  }
  return { branches, tags, tagObjects };
}

function withoutPrefix(text: string, prefix: string): string | undefined {
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
