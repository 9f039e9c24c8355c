import { Secret } from '@kargo/api';
import { withoutUserInfo, type Clone, type HttpRequest, type WorkTree } from '@kargo/integrations';
import type { Client, Clock } from '@kargo/kube';
import type { StepPorts } from '../step.ts';
import { watchedCredentials } from '../preview/secrets.ts';
import type { StepLogger } from './step-logger.ts';

/** What a call of a method does, in words; by the name of the method. Methods that are not named leave no line. */
type Words = Readonly<Record<string, (...args: never[]) => string>>;

const HTTP: Words = { send: ({ method, url }: HttpRequest) => `${method} ${shownURL(url)}` };

const GIT: Words = {
  clone: ({ remote }: { remote: { url: string } }) => `git clone ${shownURL(remote.url)}`,
  remoteRefs: ({ url }: { url: string }) => `git ls-remote ${shownURL(url)}`,
  resolve: ({ url }: { url: string }, revision: string) => `git resolve ${revision} of ${shownURL(url)}`,
  describe: ({ url }: { url: string }, revision: string) => `git describe ${revision} of ${shownURL(url)}`,
};

const CLONE: Words = { addWorkTree: () => 'git check out' };

const WORK_TREE: Words = {
  clear: () => 'git remove all files',
  commit: () => 'git commit',
  commitChanges: () => 'git commit',
  push: (options: { branch?: string }) => `git push${options?.branch === undefined ? '' : ` to ${options.branch}`}`,
  land: ({ branch }: { branch: string }) => `git push to ${branch}`,
  integrate: (branch: string) => `git integrate ${branch}`,
  fetch: (branch: string) => `git fetch ${branch}`,
  resetTo: (branch: string) => `git reset to ${branch}`,
  tag: ({ name }: { name: string }) => `git tag ${name}`,
  pushTag: (name: string) => `git push tag ${name}`,
  pushRef: (ref: string) => `git push ${ref}`,
};

/** Where among the arguments the options are of methods that tell what programs say, by the name of the method. */
const SAYING: Readonly<Record<string, number>> = {
  kustomize: 0,
  helm: 0,
  helmDependencies: 0,
  push: 0,
  land: 0,
  pushTag: 1,
};

const REGISTRIES: Words = {
  tags: ({ repository }: { repository: string }) => `list tags of ${repository}`,
  image: ({ repository }: { repository: string }, reference: string) => `read image ${repository} ${reference}`,
  manifest: ({ repository }: { repository: string }, reference: string) => `read manifest ${repository} ${reference}`,
  readBlob: ({ repository }: { repository: string }, { digest }: { digest: string }) => `read ${digest} of ${repository}`,
  copyBlob: (
    { repository: from }: { repository: string },
    { repository: to }: { repository: string },
    { digest }: { digest: string },
  ) => `copy ${digest} from ${from} to ${to}`,
  putManifest: ({ repository }: { repository: string }, reference: string) => `push ${repository} ${reference}`,
};

const RENDERER: Words = {
  kustomize: () => 'kustomize build',
  helm: ({ releaseName }: { releaseName: string }) => `helm template ${releaseName}`,
  helmDependencies: ({ action }: { action: string }) => `helm dependency ${action}`,
};

const PULL_REQUESTS: Words = {
  list: ({ url }: { url: string }, { sourceBranch, targetBranch }: { sourceBranch: string; targetBranch: string }) =>
    `look for pull requests from ${sourceBranch} to ${targetBranch} of ${shownURL(url)}`,
  get: ({ url }: { url: string }, number: number) => `read pull request ${number} of ${shownURL(url)}`,
  create: ({ url }: { url: string }, { title }: { title: string }) => `open pull request "${title}" at ${shownURL(url)}`,
  update: ({ url }: { url: string }, number: number) => `update pull request ${number} of ${shownURL(url)}`,
  merge: ({ url }: { url: string }, number: number) => `merge pull request ${number} of ${shownURL(url)}`,
  close: ({ url }: { url: string }, number: number) => `close pull request ${number} of ${shownURL(url)}`,
};

const GITHUB_COMMITS: Words = {
  compare: (_: unknown, base: string, head: string) => `compare ${base} and ${head} at GitHub`,
  createCommit: () => 'create a commit through the API of GitHub',
  setBranch: (_: unknown, { name, create }: { name: string; create: boolean }) =>
    `${create ? 'create' : 'move'} branch ${name} through the API of GitHub`,
};

const CLIENT: Words = Object.fromEntries(
  ['create', 'update', 'updateStatus', 'patch', 'delete'].map((verb) => [
    verb,
    (
      { kind }: { kind: string },
      object: { name?: string; namespace?: string; metadata?: { name?: string; namespace?: string } },
    ) => {
      const { name = '', namespace } = object.metadata ?? object;
      return `${verb} ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    },
  ]),
);

/**
 * Ports that leave a line in the log of the step when something outside is asked for, and another one with how long it took. What they find of
 * secrets is taken note of, so that no later line shows it.
 */
export function loggedPorts(ports: StepPorts, log: StepLogger): StepPorts {
  const told = <T extends object>(
    target: T,
    words: Words,
    results: Readonly<Record<string, (value: never) => unknown>> = {},
  ): T => toldObject(target, words, results, log, ports.clock);
  const workTree = (tree: WorkTree): WorkTree => told(tree, WORK_TREE);
  const clone = (of: Clone): Clone => told(of, CLONE, { addWorkTree: workTree });
  return {
    ...ports,
    http: told(ports.http, HTTP),
    git: told(ports.git, GIT, { clone, open: workTree }),
    registries: told(ports.registries, REGISTRIES),
    renderer: told(ports.renderer, RENDERER),
    pullRequests: told(ports.pullRequests, PULL_REQUESTS),
    githubCommits: told(ports.githubCommits, GITHUB_COMMITS),
    client: told(secretNoting(ports.client, log), CLIENT),
    credentials: watchedCredentials(ports.credentials, log.secrets),
  };
}

function toldObject<T extends object>(
  target: T,
  words: Words,
  results: Readonly<Record<string, (value: never) => unknown>>,
  log: StepLogger,
  clock: Clock,
): T {
  return new Proxy(target, {
    get(_, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      const name = String(property);
      const word = Object.hasOwn(words, name) ? words[name] : undefined;
      const wrap = Object.hasOwn(results, name) ? results[name] : undefined;
      // Bound to the original: private members of classes know no proxies.
      if (word === undefined && wrap === undefined) return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
      return (...args: unknown[]): unknown => {
        const what = word === undefined ? undefined : (word as (...given: unknown[]) => string)(...args);
        const begun = clock.now();
        if (what !== undefined) log.say(`${what}: begins`);
        const result: unknown = Reflect.apply(value, target, heard(name, args, log));
        if (!(result instanceof Promise)) return result;
        return result.then(
          (given: unknown) => {
            if (what !== undefined) log.say(`${what}: done in ${seconds(clock.now() - begun)}${answer(given)}`);
            return wrap === undefined ? given : (wrap as (from: unknown) => unknown)(given);
          },
          (error: unknown) => {
            if (what !== undefined)
              log.say(
                `${what}: failed after ${seconds(clock.now() - begun)}: ${error instanceof Error ? error.message : String(error)}`,
              );
            throw error;
          },
        );
      };
    },
  });
}

/** The arguments of a method, so that lines of programs that it runs get into the log. */
function heard(name: string, args: readonly unknown[], log: StepLogger): unknown[] {
  const at = Object.hasOwn(SAYING, name) ? SAYING[name] : undefined;
  if (at === undefined) return [...args];
  const options = { ...(args[at] as object | undefined), onLine: (line: string) => log.say(`| ${line}`) };
  return args.length <= at ? [...args, options] : args.map((arg, index) => (index === at ? options : arg));
}

/** Status of an HTTP answer, if it is one. */
function answer(value: unknown): string {
  if (typeof value !== 'object' || value === null || !('status' in value) || !('headers' in value)) return '';
  return `, status ${String(value.status)}`;
}

function secretNoting(client: Client, log: StepLogger): Client {
  const get: Client['get'] = async (kind, key, options) => {
    const object = await client.get(kind, key, options);
    if (object.kind === Secret.kind)
      for (const value of Object.values((object as { data?: Record<string, string> }).data ?? {})) {
        log.secrets.add(Buffer.from(value, 'base64').toString('utf8'));
        log.secrets.add(value);
      }
    return object;
  };
  return new Proxy(client, {
    get(_, property) {
      if (property === 'get') return get;
      const value: unknown = Reflect.get(client, property);
      return typeof value === 'function' ? (...args: unknown[]): unknown => Reflect.apply(value, client, args) : value;
    },
  });
}

/** A URL without user and query: either may hold a secret. */
function shownURL(url: string): string {
  return withoutUserInfo(url).replace(/[?#].*$/s, (rest) => (rest === '' ? '' : '?…'));
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
