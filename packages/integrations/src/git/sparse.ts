import { GitError } from './git-error.ts';

/** The directories of a sparse checkout, cleaned; fails with `invalid` for what is not a directory within the repository. */
export function checkSparse(directories: readonly string[]): string[] {
  return directories.map((directory) => {
    const parts = directory.split('/').filter((part) => part !== '' && part !== '.');
    // eslint-disable-next-line no-control-regex
    if (directory.startsWith('/') || parts.includes('..') || /[*?[\]\\\u0000-\u001f]/.test(directory)) {
      throw new GitError(
        'invalid',
        `sparse directory ${JSON.stringify(directory)} cannot be used: name a directory relative to the root of the repository, without patterns`,
      );
    }
    return parts.join('/');
  });
}

/** Whether a path is checked out: below one of the directories, or a file directly in the root or in a directory above one of them. */
export function isInCone(directories: readonly string[], path: string): boolean {
  const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
  return (
    folder === '' ||
    directories.some(
      (directory) => directory === '' || `${path}/`.startsWith(`${directory}/`) || `${directory}/`.startsWith(`${folder}/`),
    )
  );
}

/** The content of git's `info/sparse-checkout` for these directories, in cone mode. */
export function sparsePatterns(directories: readonly string[]): string {
  if (directories.includes('')) return '/*\n';
  const above = new Set<string>();
  for (const directory of directories) {
    const parts = directory.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) above.add(parts.slice(0, depth).join('/'));
  }
  const within = (directory: string): boolean =>
    directories.some((other) => other !== directory && `${directory}/`.startsWith(`${other}/`));
  const lines = ['/*', '!/*/'];
  for (const parent of [...above].filter((path) => !directories.includes(path) && !within(path)).toSorted())
    lines.push(`/${parent}/`, `!/${parent}/*/`);
  for (const directory of [...new Set(directories)].filter((path) => !within(path)).toSorted()) lines.push(`/${directory}/`);
  return `${lines.join('\n')}\n`;
}
