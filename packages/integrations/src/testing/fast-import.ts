import { spawn } from 'node:child_process';

/** A commit to be made directly in a repository. */
export interface SeedCommit {
  /** Default `main`; made if absent. */
  branch?: string | undefined;
  message: string;
  /** Path → content; null removes the path. Paths not named stay as they are. */
  files?: Readonly<Record<string, string | null>> | undefined;
  /** Epoch milliseconds. Default 1,700,000,000,000, so that the same commits always get the same ids. */
  date?: number | undefined;
  author?: { name: string; email: string } | undefined;
}

/** Adds a commit to a bare repository through `git fast-import` and returns its id. */
export async function fastImport(repository: { gitDir: string; path: string }, commit: SeedCommit): Promise<string> {
  const ref = `refs/heads/${commit.branch ?? 'main'}`;
  const parent = await git(repository, ['rev-parse', '--verify', '--quiet', ref]).catch(() => '');
  const author = commit.author ?? { name: 'Developer', email: 'developer@example.com' };
  const who = `${author.name} <${author.email}> ${Math.floor((commit.date ?? 1_700_000_000_000) / 1000)} +0000`;
  const changes = Object.entries(commit.files ?? {}).map(([file, content]) =>
    content === null ? `D ${quoted(file)}` : `M 100644 inline ${quoted(file)}\n${data(content)}`,
  );
  const stream = [
    `commit ${ref}`,
    `author ${who}`,
    `committer ${who}`,
    data(commit.message),
    ...(parent === '' ? [] : [`from ${parent.trim()}`]),
    ...changes,
    'done',
    '',
  ].join('\n');
  await git(repository, ['fast-import', '--quiet', '--done', '--date-format=raw'], stream);
  return (await git(repository, ['rev-parse', ref])).trim();
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function quoted(path: string): string {
  return `"${path
    .replaceAll('\\', '\\\\')
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`)}"`;
}

function git(repository: { gitDir: string; path: string }, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', [`--git-dir=${repository.gitDir}`, ...args], {
      env: { PATH: repository.path, HOME: repository.gitDir, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' },
    });
    let out = '';
    let words = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(out);
      else reject(new Error(`git ${args[0]} ended with ${code}: ${words}`));
    });
    // rev-parse may end before its (empty) input is closed; the exit code tells what matters.
    child.stdin.on('error', () => child.stdin.destroy());
    child.stdin.end(input);
  });
}
