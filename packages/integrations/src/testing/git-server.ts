import { execFile } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DEFAULT_PATH } from '../git/git-runner.ts';
import { fastImport } from './fast-import.ts';
import type { SeedCommit } from './fast-import.ts';
import { serveGitBackend } from './git-http-backend.ts';
import { basicAuth, httpFixture } from './http-fixture.ts';

/** What a test server does with a request instead of answering it properly. */
export type GitFault = { status: number; body?: string } | 'hang' | 'disconnect';

/** One request that a test git server received. */
export interface GitServerRequest {
  method: string;
  /** Name of the repository. */
  repository: string;
  service: 'git-upload-pack' | 'git-receive-pack' | undefined;
  /** `advertise` asks for the references, `rpc` transfers objects. */
  phase: 'advertise' | 'rpc';
  user: string | undefined;
}

/** A commit as {@link GitServer.log} tells it. */
export interface LoggedCommit {
  id: string;
  parents: string[];
  author: string;
  committer: string;
  /** Epoch milliseconds. */
  date: number;
  message: string;
}

/** A real git server over HTTP (git's own backend), with helpers to look into its repositories and faults to inject. */
export interface GitServer {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Folder of the bare repositories. */
  readonly directory: string;
  /** Everything that was asked for so far, oldest first. */
  readonly requests: readonly GitServerRequest[];
  repositoryURL(name: string): string;
  /** Makes a bare repository (default branch `main`), with one commit of `files` if given. Does nothing if it exists. Returns its URL. */
  createRepository(name: string, files?: Readonly<Record<string, string>>): Promise<string>;
  /** Adds a commit on top of a branch and returns its id. */
  commit(name: string, commit: SeedCommit): Promise<string>;
  /** Makes a tag, an annotated one if `annotation` is given. */
  tag(
    name: string,
    tag: string,
    revision: string,
    annotation?: { message: string; tagger: { name: string; email: string }; date: number },
  ): Promise<void>;
  /** Branch name → commit. */
  branches(name: string): Promise<Record<string, string>>;
  /** History of a branch or commit, newest first. */
  log(name: string, revision?: string): Promise<LoggedCommit[]>;
  /** Path → content of all files at a revision. */
  files(name: string, revision: string): Promise<Record<string, string>>;
  /** Runs git in a bare repository and returns what it prints. */
  git(name: string, ...args: string[]): Promise<string>;
  /** As {@link git}, with input and further environment. */
  gitWith(
    name: string,
    options: { input?: string | undefined; env?: Readonly<Record<string, string>> | undefined },
    ...args: string[]
  ): Promise<string>;
  /** Decides about every request before it is answered; undefined lets all pass. */
  setFault(fault: ((request: GitServerRequest) => GitFault | undefined) | undefined): void;
  /** Makes the server refuse all pushes with this message (as branch protection does); undefined accepts them again. */
  refusePushes(name: string, message: string | undefined): Promise<void>;
  /** Stops serving, and removes the repositories if their folder was made by the server. */
  close(): Promise<void>;
}

/** What hosts allow, and no care for what no test needs: that it survives a crash of the machine, or stays small for years. */
const SETTINGS = `[core]
\tfsync = none
[receive]
\tautogc = false
[uploadpack]
\tallowAnySHA1InWant = true
\tallowFilter = true
`;

const execute = promisify(execFile);

/** Starts a git server on a free port of the loopback interface. With `auth`, everything needs that user and password. */
export async function startGitServer(
  options: {
    directory?: string | undefined;
    port?: number | undefined;
    auth?: { username: string; password: string } | undefined;
    /** Where git is looked for. */
    path?: string | undefined;
  } = {},
): Promise<GitServer> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'git-server-')));
  const path = options.path ?? DEFAULT_PATH;
  await mkdir(directory, { recursive: true });
  const requests: GitServerRequest[] = [];
  let fault: ((request: GitServerRequest) => GitFault | undefined) | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const name = /^\/(.+?)(?:\.git)?\/(?:info|git-|HEAD|objects)/.exec(url.pathname)?.[1] ?? '';
    const user = basicAuth(request);
    const service = /git-(?:upload|receive)-pack/.exec(request.url ?? '')?.[0] as GitServerRequest['service'];
    const phase = url.pathname.endsWith('/info/refs') ? 'advertise' : 'rpc';
    const seen: GitServerRequest = { method: request.method ?? '', repository: name, service, phase, user: user?.username };
    requests.push(seen);
    const wanted = fault?.(seen);
    if (wanted === 'hang') return;
    if (wanted === 'disconnect') {
      request.socket.destroy();
      return;
    }
    if (wanted !== undefined) {
      response.writeHead(wanted.status, { 'content-type': 'text/plain' });
      response.end(wanted.body ?? 'injected fault');
      return;
    }
    const { auth } = options;
    if (auth !== undefined && (user?.username !== auth.username || user.password !== auth.password)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' });
      response.end();
      return;
    }
    await serveGitBackend(request, response, { root: directory, path });
  };
  const server = await httpFixture(handle, { port: options.port });

  const gitDir = (name: string): string => join(directory, `${name}.git`);
  const gitWith: GitServer['gitWith'] = async (name, more, ...args) => {
    const who = { GIT_AUTHOR_NAME: 'T', GIT_AUTHOR_EMAIL: 't@t', GIT_COMMITTER_NAME: 'T', GIT_COMMITTER_EMAIL: 't@t' };
    const running = execute('git', [`--git-dir=${gitDir(name)}`, ...args], {
      env: { PATH: path, HOME: directory, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C', ...who, ...more.env },
      maxBuffer: 256 * 1024 * 1024,
    });
    // Commands that read nothing may end before their input is closed; the exit code tells what matters.
    running.child.stdin?.on('error', () => running.child.stdin?.destroy());
    running.child.stdin?.end(more.input ?? '');
    return (await running).stdout;
  };
  const git = (name: string, ...args: string[]): Promise<string> => gitWith(name, {}, ...args);

  const self: GitServer = {
    url: server.url,
    directory,
    requests,
    repositoryURL: (name) => `${server.url}/${name}.git`,
    async createRepository(name, files) {
      const exists = await git(name, 'rev-parse', '--git-dir').then(
        () => true,
        () => false,
      );
      if (!exists) {
        await execute('git', ['init', '--quiet', '--bare', '--initial-branch=main', gitDir(name)], {
          env: { PATH: path, HOME: directory },
        });
        await appendFile(join(gitDir(name), 'config'), SETTINGS);
        if (files !== undefined) await self.commit(name, { files, message: 'Add the first files' });
      }
      return self.repositoryURL(name);
    },
    commit: (name, commit) => fastImport({ gitDir: gitDir(name), path }, commit),
    async tag(name, tag, revision, annotation) {
      if (annotation === undefined) await git(name, 'tag', '--force', tag, revision);
      else {
        const env = {
          GIT_COMMITTER_NAME: annotation.tagger.name,
          GIT_COMMITTER_EMAIL: annotation.tagger.email,
          GIT_COMMITTER_DATE: `@${Math.floor(annotation.date / 1000)} +0000`,
        };
        await gitWith(name, { env }, 'tag', '--force', '--annotate', `--message=${annotation.message}`, tag, revision);
      }
    },
    async branches(name) {
      const text = await git(name, 'for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads');
      return Object.fromEntries(lines(text).map((line) => line.split(' ') as [string, string]));
    },
    async log(name, revision = 'HEAD') {
      const text = await git(name, 'log', '-z', '--format=%H%n%P%n%an <%ae>%n%cn <%ce>%n%ct%n%B', revision, '--');
      return text
        .split('\0')
        .filter((entry) => entry !== '')
        .map((entry) => {
          const [id = '', parents = '', author = '', committer = '', seconds = '', ...message] = entry.split('\n');
          return {
            id,
            parents: parents.split(' ').filter((parent) => parent !== ''),
            author,
            committer,
            date: Number(seconds) * 1000,
            message: message.join('\n').trimEnd(),
          };
        });
    },
    async files(name, revision) {
      const out: Record<string, string> = {};
      for (const file of (await git(name, 'ls-tree', '-r', '-z', '--name-only', revision)).split('\0')) {
        if (file !== '') out[file] = await git(name, 'cat-file', 'blob', `${revision}:${file}`);
      }
      return out;
    },
    git,
    gitWith,
    setFault(next) {
      fault = next;
    },
    async refusePushes(name, message) {
      const hook = join(gitDir(name), 'hooks', 'pre-receive');
      if (message === undefined) await rm(hook, { force: true });
      else
        await writeFile(hook, `#!/bin/sh\ncat >/dev/null\necho '${message.replaceAll("'", '')}' >&2\nexit 1\n`, { mode: 0o755 });
    },
    async close() {
      await server.close();
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
  return self;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
