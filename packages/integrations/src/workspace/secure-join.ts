import type { PathTrace } from './port.ts';
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
  const { path: found } = await tracePath(root, path, readLink);
  return found === '' ? root : `${root}/${found}`;
}

/** As {@link secureJoin}, telling what happened on the way. With `keepLast` a link as the last part is not followed. */
export async function tracePath(
  root: string,
  path: string,
  readLink: ReadLink,
  options: { keepLast?: boolean } = {},
): Promise<PathTrace> {
  if (path.includes('\0')) throw new WorkspaceError('invalid', 'paths cannot contain null bytes; remove it from the path');
  const resolved: string[] = [];
  const pending = parts(path);
  let links = 0;
  let escapes = false;
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (part === '..') {
      if (resolved.pop() === undefined) escapes = true;
      continue;
    }
    const kept = options.keepLast === true && pending.length === 0;
    const target = kept ? undefined : await readLink([root, ...resolved, part].join('/'));
    if (target === undefined) {
      resolved.push(part);
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) {
      throw new WorkspaceError('invalid', `path ${JSON.stringify(path)} goes through more than ${MAX_LINKS} symbolic links`);
    }
    if (target.startsWith('/')) {
      resolved.length = 0;
      escapes = true;
    }
    pending.push(...parts(target));
  }
  return { path: resolved.join('/'), links, escapes };
}

/** The meaningful parts of a path, last one first. */
function parts(path: string): string[] {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .reverse();
}
