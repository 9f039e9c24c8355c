import type { Clock, Random } from '@kargo/kube';
import type { Git } from '../../git/port.ts';
import type { GitRehearsals } from '../../rehearsal/port.ts';
import { HttpError } from '../../http/http-error.ts';
import type { Http, HttpRequest, HttpResponse } from '../../http/port.ts';
import type { Processes } from '../../process/port.ts';
import { ProcessError } from '../../process/process-error.ts';
import type { ArtifactRegistries } from '../../registry/port.ts';
import type { GitHubCommits } from '../../pull-requests/github-commits.ts';
import { PullRequestError } from '../../pull-requests/pull-request-error.ts';
import type { PullRequests } from '../../pull-requests/port.ts';
import type { Renderer } from '../../rendering/port.ts';
import type { Workspaces } from '../../workspace/port.ts';
import type { Charts } from '../../charts/port.ts';
import { simulatedCharts } from './charts.ts';
import { SimulatedFileSystem } from './file-system.ts';
import { simulatedGit } from './git.ts';
import { Operations } from './operations.ts';
import type { SimulatedEffect, SimulatedHooks } from './operations.ts';
import { simulatedPullRequests, SimulatedPulls } from './pull-requests.ts';
import { SimulatedImages, simulatedRegistries } from './registries.ts';
import { SimulatedRemotes } from './remotes.ts';
import { simulatedRehearsals } from './rehearsal.ts';
import { simulatedRenderer } from './renderer.ts';
import { simulatedWorkspaces } from './workspaces.ts';

/** Answers requests of a simulated world. */
export type SimulatedHttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

/**
 * The whole outside in memory: no I/O, no time but the given clock's, the same every time. Everything in it survives a simulated crash
 * of those who use it, as disks and servers do.
 */
export interface SimulatedWorld {
  readonly workspaces: Workspaces;
  readonly git: Git;
  readonly rehearsals: GitRehearsals;
  readonly registries: ArtifactRegistries;
  readonly charts: Charts;
  readonly pullRequests: PullRequests;
  /** Refuses: the API of GitHub is not simulated. */
  readonly githubCommits: GitHubCommits;
  readonly renderer: Renderer;
  readonly http: Http;
  /** Refuses to start anything. */
  readonly processes: Processes;
  /** The disk: workspaces lie below `/simulated/workspaces`. */
  readonly files: SimulatedFileSystem;
  /** The git servers. */
  readonly remotes: SimulatedRemotes;
  /** The pull requests at the git servers. */
  readonly pulls: SimulatedPulls;
  /** The registries. */
  readonly images: SimulatedImages;
  /** Versions by `URL name` of chart repositories with an index. */
  readonly chartVersions: Map<string, string[]>;
  /** The same outside as seen from another machine, whose disk is empty. */
  machine(): Pick<SimulatedWorld, 'workspaces' | 'git' | 'renderer'>;
  /** All operations that began, in order, as the hooks got them. */
  readonly operations: readonly string[];
  /** What reached others, in order. */
  readonly effects: readonly SimulatedEffect[];
  /** Replaces the hooks, e.g. to fail or hang at the nth operation. */
  setHooks(hooks: SimulatedHooks): void;
  /** Who answers HTTP requests; nobody does at first. */
  setHttp(handler: SimulatedHttpHandler | undefined): void;
}

/** Makes an empty simulated world. `latency` (least and most milliseconds) lets remote operations take time, drawn from `random`. */
export function simulatedWorld(options: {
  clock: Clock;
  random?: Random | undefined;
  latency?: readonly [number, number] | undefined;
  hooks?: SimulatedHooks | undefined;
}): SimulatedWorld {
  const operations = new Operations(options);
  operations.hooks = options.hooks ?? {};
  const files = new SimulatedFileSystem();
  const remotes = new SimulatedRemotes();
  const pulls = new SimulatedPulls(remotes, options.clock);
  const images = new SimulatedImages();
  const registries = simulatedRegistries(images, operations);
  const chartVersions = new Map<string, string[]>();
  const gitParts = { files, operations, remotes };
  let handler: SimulatedHttpHandler | undefined;
  return {
    files,
    remotes,
    pulls,
    images,
    workspaces: simulatedWorkspaces(files, operations),
    git: simulatedGit(gitParts),
    rehearsals: simulatedRehearsals(gitParts, options.clock),
    pullRequests: simulatedPullRequests(pulls, remotes, operations),
    githubCommits: { compare: noGitHub, createCommit: noGitHub, setBranch: noGitHub },
    registries,
    charts: simulatedCharts(chartVersions, registries, operations),
    chartVersions,
    renderer: simulatedRenderer(files, operations),
    http: {
      send(request) {
        const what = `${request.method} ${request.url}`;
        const aborted = (cause: unknown): Error => new HttpError('aborted', `${what} was cancelled`, { cause });
        return operations.perform(`http.send ${what}`, { signal: request.signal, aborted, remote: true }, async () => {
          if (handler === undefined) throw new HttpError('unreachable', `${what} failed: nobody answers in this simulation`);
          operations.effect('http.send', { method: request.method, url: request.url });
          return received(request, await handler(request));
        });
      },
    },
    processes: {
      async run({ command }) {
        throw new ProcessError('notStarted', `could not start ${command}: there are no programs in a simulation`, { command });
      },
    },
    machine: () => {
      const disk = new SimulatedFileSystem();
      return {
        workspaces: simulatedWorkspaces(disk, operations),
        git: simulatedGit({ ...gitParts, files: disk }),
        renderer: simulatedRenderer(disk, operations),
      };
    },
    operations: operations.log,
    effects: operations.effects,
    setHooks(hooks) {
      operations.hooks = hooks;
    },
    setHttp(next) {
      handler = next;
    },
  };
}

/** Hands the body to who wants it piece by piece, in two pieces. */
async function received(request: HttpRequest, response: HttpResponse): Promise<HttpResponse> {
  const { body, ...head } = response;
  if (body.length > (request.maxBody ?? Infinity))
    throw new HttpError('tooLarge', `the answer to ${request.method} ${request.url} is larger than ${request.maxBody} bytes`);
  const sink = request.receive?.(head);
  if (sink === undefined) return response;
  const middle = Math.ceil(body.length / 2);
  await sink(
    (async function* () {
      for (const part of [body.subarray(0, middle), body.subarray(middle)]) if (part.length > 0) yield part;
    })(),
  );
  return { ...head, body: new Uint8Array() };
}

async function noGitHub(): Promise<never> {
  throw new PullRequestError('invalid', 'there is no GitHub in a simulation; push with git-push');
}
