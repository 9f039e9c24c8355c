import { WorkspaceError } from './workspace-error.ts';

/** Symbolic links followed before a path counts as endless. */
const MAX_LINKS = 255;

/** The target of the link at an absolute path; undefined if there is no link (or nothing at all). */
export type ReadLink = (path: string) => Promise<string | undefined>;

/**
 * Joins a user's `path` to `root` as if `root` were the root of the file system: `.` and `..` cleaned, symbolic links resolved part by
 * part, also absolute ones, and what would leave `root` clamped to it. What does not exist is joined lexically. Fails with
 * `WorkspaceError` `invalid` for null bytes and endless links.
 */
export async function secureJoin(root: string, path: string, readLink: ReadLink): Promise<string> {
  if (path.includes('\0')) throw new WorkspaceError('invalid', 'paths cannot contain null bytes; remove it from the path');
  const resolved: string[] = [];
  const pending = parts(path);
  let links = 0;
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === '..') {
      resolved.pop();
      continue;
    }
    const target = await readLink([root, ...resolved, part].join('/'));
    if (target === undefined) {
      resolved.push(part);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) {
      throw new WorkspaceError('invalid', `path ${JSON.stringify(path)} goes through more than ${MAX_LINKS} symbolic links`);
    }
    if (target.startsWith('/')) resolved.length = 0;
    pending.push(...parts(target));
  }
  return [root, ...resolved].join('/');
}

/** The meaningful parts of a path, last one first. */
function parts(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();
}
