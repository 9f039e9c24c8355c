import { chmod, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { KeyedSemaphore } from '../concurrency/semaphore.ts';
import type { Processes, ProcessResult } from '../process/port.ts';
import { lineByLine } from '../process/lines.ts';
import { ProcessError } from '../process/process-error.ts';
import { GitError } from './git-error.ts';
import { gitFailure } from './git-failure.ts';
import { type HostKeys, shellQuoted, sshOptions } from './host-keys.ts';
import { withSigner } from './signing.ts';
import type { Signer } from './signing.ts';
import { isSSHKey, withSSHSigner } from './ssh-signing.ts';
import type { GitIdentity } from './port.ts';
import type { CleanRemote } from './remote-url.ts';
import { hostOf, secretsOf } from './remote-url.ts';

/** One git command. */
export interface GitCommand {
  /** For errors, after "could not": `push to https://…`. */
  action: string;
  args: readonly string[];
  cwd: string;
  gitDir?: string | undefined;
  workTree?: string | undefined;
  /** Whose credentials the command may use. */
  remote?: CleanRemote | undefined;
  identity?: GitIdentity | undefined;
  /** Epoch milliseconds for author and committer. */
  date?: number | undefined;
  /** Epoch milliseconds for signatures; default `date`. */
  signedAt?: number | undefined;
  input?: string | Uint8Array | undefined;
  env?: Readonly<Record<string, string>> | undefined;
  timeout: number;
  signal?: AbortSignal | undefined;
  /** Called with each line of what git says beside its answer. Without secrets. */
  onLine?: ((line: string) => void) | undefined;
  /** Exit codes that are an answer. Default only 0. */
  accept?: readonly number[] | undefined;
}

/**
 * Overrides everything a repository could use to run programs or to change results. Given with every command, because the settings in
 * a repository's own folder win over those of the user and the system.
 */
const SETTINGS: readonly string[] = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.autocrlf=false',
  'core.quotePath=false',
  'core.pager=cat',
  // A killed process keeps what it wrote; only a crash of the machine does not, and then workspaces are made anew.
  'core.fsync=none',
  'credential.helper=',
  'commit.gpgSign=false',
  'tag.gpgSign=false',
  'push.gpgSign=false',
  'push.followTags=false',
  'gc.auto=0',
  'maintenance.auto=false',
  'fetch.unpackLimit=1',
  'fetch.fsckObjects=false',
  'fetch.recurseSubmodules=false',
  'submodule.recurse=false',
  'init.defaultBranch=main',
  'init.templateDir=',
  'rebase.autoStash=false',
  'rerere.enabled=false',
  'http.followRedirects=initial',
];

const ASKPASS = `#!/bin/sh
# Answers git's questions from the environment, and only for the host the credentials are meant for.
case "$1" in
*"://$KARGO_GIT_HOST'"* | *"@$KARGO_GIT_HOST'"*) ;;
*) exit 1 ;;
esac
case "$1" in
Username*) printf '%s\\n' "$KARGO_GIT_USERNAME" ;;
*) printf '%s\\n' "$KARGO_GIT_PASSWORD" ;;
esac
`;

/** How the git program is run. */
export interface GitRunnerOptions {
  processes: Processes;
  /** Private folder for helper script and keys. */
  directory: string;
  /** How hosts over SSH are recognised. */
  hostKeys: HostKeys;
  /** The git program. Default `git`. */
  program?: string | undefined;
  /** Where programs are looked for. */
  path?: string | undefined;
  /** Further environment, e.g. `http_proxy`, `https_proxy`, `no_proxy`. */
  environment?: Readonly<Record<string, string>> | undefined;
  /** Environment that wins over everything else, asked for before each command. */
  overrides?: (() => Readonly<Record<string, string>>) | undefined;
}

/** Commands that talk to one host at the same time. */
const CONNECTIONS_PER_HOST = 8;

/** Where programs are looked for unless configured. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Runs git with a clean environment, credentials out of sight, and failures as {@link GitError}s. */
export class GitRunner {
  readonly #options: GitRunnerOptions;
  readonly #hosts = new KeyedSemaphore(CONNECTIONS_PER_HOST);
  #prepared: Promise<void> | undefined;

  constructor(options: GitRunnerOptions) {
    this.#options = options;
  }

  /** Fails with a classified `GitError` unless git exits with an accepted code. */
  async run(command: GitCommand): Promise<ProcessResult> {
    await (this.#prepared ??= this.#prepare());
    if (command.remote === undefined) return this.#run(command);
    return this.connect(command.remote, command, () => this.#runRenewed(command));
  }

  /** Runs what talks to a remote, as soon as its host has room. */
  async connect<T>(
    { url }: Pick<CleanRemote, 'url'>,
    { action, signal }: Pick<GitCommand, 'action' | 'signal'>,
    talk: () => Promise<T>,
  ): Promise<T> {
    try {
      // A pool for every host, so that a slow one holds up nobody else.
      return await this.#hosts.run(hostOf(url), talk, signal);
    } catch (error) {
      if (error instanceof GitError || signal?.aborted !== true) throw error;
      throw new GitError('aborted', `could not ${action}: the operation was cancelled`, { cause: error });
    }
  }

  /** A token that is refused before its time is renewed once. */
  async #runRenewed(command: GitCommand): Promise<ProcessResult> {
    try {
      return await this.#run(command);
    } catch (error) {
      const { remote, signal } = command;
      const renew = remote?.credentials.renew;
      if (remote === undefined || renew === undefined || !(error instanceof GitError) || error.code !== 'authentication')
        throw error;
      // If there is no other, that the host refuses is what there is to say.
      const fresh = await renew(signal).catch(() => undefined);
      if (fresh?.password === undefined || fresh.password === remote.credentials.password) throw error;
      const credentials = { ...remote.credentials, username: fresh.username, password: fresh.password };
      return this.#run({ ...command, remote: { ...remote, credentials } });
    }
  }

  /** Commands of an identity with a key can sign and verify with it. */
  async #run(command: GitCommand): Promise<ProcessResult> {
    const key = command.identity?.signingKey ?? '';
    if (key === '') return this.#execute(command);
    const { processes, directory, path = DEFAULT_PATH } = this.#options;
    const run = (signer: Signer): Promise<ProcessResult> => this.#execute(command, signer);
    if (isSSHKey(key)) return withSSHSigner({ processes, directory, path }, key, run);
    return withSigner({ processes, directory, path }, key, command.signedAt ?? command.date, run);
  }

  async #execute(command: GitCommand, signer?: Signer): Promise<ProcessResult> {
    const { remote } = command;
    const { sshPrivateKey, knownHosts } = remote?.credentials ?? {};
    const keyFile = sshPrivateKey === undefined ? undefined : await this.#writeKey(sshPrivateKey);
    const hostsFile = knownHosts === undefined ? undefined : await this.#writeKey(knownHosts);
    const { onLine } = command;
    const lines = onLine === undefined ? undefined : lineByLine(onLine);
    try {
      const result = await this.#options.processes.run({
        command: this.#options.program ?? 'git',
        args: [
          ...[...SETTINGS, ...(signer?.settings ?? [])].flatMap((setting) => ['-c', setting]),
          ...(remote?.insecureSkipTLSVerify === true ? ['-c', 'http.sslVerify=false'] : []),
          ...(command.gitDir === undefined ? [] : [`--git-dir=${command.gitDir}`]),
          ...(command.workTree === undefined ? [] : [`--work-tree=${command.workTree}`]),
          ...command.args,
        ],
        cwd: command.cwd,
        env: {
          ...this.#environment(remote, { keyFile, hostsFile }),
          ...identityEnvironment(command.identity, command.date),
          ...signer?.env,
          ...command.env,
          ...this.#options.overrides?.(),
        },
        timeout: command.timeout,
        maxOutput: 64 * 1024 * 1024,
        input: command.input,
        signal: command.signal,
        secrets: remote === undefined ? undefined : secretsOf(remote.credentials),
        onOutput: lines === undefined ? undefined : (stream, text) => void (stream === 'stderr' && lines.push(text)),
      });
      lines?.end();
      if (!(command.accept ?? [0]).includes(result.exitCode)) {
        throw gitFailure(command.action, `${result.stderr}\n${result.stdout.slice(-4000)}`, remote, this.#options.hostKeys);
      }
      if (result.truncated) throw new GitError('invalid', `could not ${command.action}: git's answer is too large to be read`);
      return result;
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      const code = error.code === 'timeout' || error.code === 'aborted' ? error.code : 'failed';
      throw new GitError(code, `could not ${command.action}: ${error.message}`, { cause: error });
    } finally {
      for (const file of [keyFile, hostsFile]) if (file !== undefined) await rm(file, { force: true });
    }
  }

  #environment(
    remote: CleanRemote | undefined,
    { keyFile, hostsFile }: { keyFile: string | undefined; hostsFile: string | undefined },
  ): Record<string, string> {
    const env: Record<string, string> = {
      ...this.#options.environment,
      PATH: this.#options.path ?? DEFAULT_PATH,
      HOME: this.#options.directory,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_ATTR_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ALLOW_PROTOCOL: 'http:https:ssh',
      GIT_HTTP_LOW_SPEED_LIMIT: '1024',
      GIT_HTTP_LOW_SPEED_TIME: '30',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_EDITOR: 'true',
      GIT_DEFAULT_REF_FORMAT: 'files',
      GIT_SSH_VARIANT: 'ssh',
      GIT_SSH_COMMAND: [
        'ssh -F /dev/null -o BatchMode=yes -o LogLevel=ERROR',
        ...sshOptions(this.#options.hostKeys, hostsFile),
        '-o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4',
        ...(keyFile === undefined ? [] : [`-o IdentitiesOnly=yes -i ${shellQuoted(keyFile)}`]),
      ].join(' '),
    };
    if (remote?.httpHost !== undefined && remote.credentials.password !== undefined) {
      env['GIT_ASKPASS'] = this.#askpass();
      env['KARGO_GIT_HOST'] = remote.httpHost;
      // Hosts that only look at a token accept any user name.
      env['KARGO_GIT_USERNAME'] = remote.credentials.username ?? 'git';
      env['KARGO_GIT_PASSWORD'] = remote.credentials.password;
    }
    return env;
  }

  #askpass(): string {
    return join(this.#options.directory, 'askpass');
  }

  async #prepare(): Promise<void> {
    const { directory } = this.#options;
    for (const folder of [directory, dirname(this.#options.hostKeys.learnedFile)])
      await mkdir(folder, { recursive: true, mode: 0o700 });
    // Keys of commands that were killed.
    for (const folder of ['keys', 'gpg', 'ssh-signing']) await rm(join(directory, folder), { recursive: true, force: true });
    // Renamed into place: executing a file that is still open for writing fails.
    const fresh = join(directory, `askpass.${randomUUID()}`);
    await writeFile(fresh, ASKPASS, { mode: 0o700 });
    await chmod(fresh, 0o700);
    await rename(fresh, this.#askpass());
  }

  async #writeKey(key: string): Promise<string> {
    const folder = join(this.#options.directory, 'keys');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, randomUUID());
    await writeFile(file, key.endsWith('\n') ? key : `${key}\n`, { mode: 0o600, flag: 'wx' });
    return file;
  }
}

function identityEnvironment(identity: GitIdentity | undefined, date: number | undefined): Record<string, string> {
  const when = `@${Math.floor((date ?? 0) / 1000)} +0000`;
  return {
    ...(identity === undefined
      ? {}
      : {
          GIT_AUTHOR_NAME: identity.name,
          GIT_AUTHOR_EMAIL: identity.email,
          GIT_COMMITTER_NAME: identity.name,
          GIT_COMMITTER_EMAIL: identity.email,
        }),
    ...(date === undefined ? {} : { GIT_AUTHOR_DATE: when, GIT_COMMITTER_DATE: when }),
  };
}
