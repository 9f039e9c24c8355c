import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { DEFAULT_PATH } from '../git/git-runner.ts';
import { systemCode } from '../port-error.ts';
import type { ProcessRequest, Processes, ProcessResult } from '../process/port.ts';
import { ProcessError } from '../process/process-error.ts';
import { checkKustomization, checkLinks, inside } from './containment.ts';
import type { Renderer } from './port.ts';
import { RenderError } from './render-error.ts';
import type { RenderTools } from './tools.ts';

const MAX_OUTPUT = 64 * 1024 * 1024;

/** What {@link realRenderer} stands on. */
export interface RealRendererOptions {
  processes: Processes;
  /** As {@link findTools} finds them. */
  tools: RenderTools;
  /** Milliseconds for one rendering. Default 120,000. */
  timeout?: number | undefined;
}

/** One run of a tool. */
interface Rendering {
  tool: string;
  args: readonly string[];
  /** Folder that is rendered and root, both real paths. */
  path: string;
  root: string;
  /** For errors, after "could not": `build the kustomization in base`. */
  action: string;
  /** Further programs that the tool runs. */
  programs?: readonly string[];
  input?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Rendering with kustomize (alone or within kubectl) and helm. Everything that the input refers to is checked to lie inside `root`
 * first; where bubblewrap works, the tool moreover sees nothing but `root`, without network.
 */
export function realRenderer(options: RealRendererOptions): Renderer {
  return new RealRenderer(options);
}

class RealRenderer implements Renderer {
  readonly #processes: Processes;
  readonly #tools: RenderTools;
  readonly #timeout: number;
  #sandbox: boolean;

  constructor(options: RealRendererOptions) {
    this.#processes = options.processes;
    this.#tools = options.tools;
    this.#timeout = options.timeout ?? 120_000;
    this.#sandbox = options.tools.bwrap !== undefined;
  }

  async kustomize(options: Parameters<Renderer['kustomize']>[0]): Promise<string> {
    const { kustomize, kubectl, helm } = this.#tools;
    const tool = kustomize ?? kubectl;
    if (tool === undefined) throw missing('kustomize (or kubectl, which contains it)');
    const { path, root } = await this.#place(options);
    const action = `build the kustomization in ${relative(root, path) || '.'}`;
    await checkKustomization(root, path);
    return this.#render({
      tool,
      args: [
        kustomize === undefined ? 'kustomize' : 'build',
        '--load-restrictor=LoadRestrictionsNone',
        ...(helm === undefined ? [] : ['--enable-helm', `--helm-command=${helm}`]),
        ...(options.helm?.kubeVersion === undefined ? [] : [`--helm-kube-version=${options.helm.kubeVersion}`]),
        ...(options.helm?.apiVersions ?? []).map((version) => `--helm-api-versions=${version}`),
        path,
      ],
      path,
      root,
      action,
      programs: helm === undefined ? [] : [helm],
      signal: options.signal,
    });
  }

  async helm(options: Parameters<Renderer['helm']>[0]): Promise<string> {
    const { helm } = this.#tools;
    if (helm === undefined) throw missing('helm');
    const { path, root } = await this.#place(options);
    await checkLinks(root, path);
    const valuesFiles: string[] = [];
    for (const file of options.valuesFiles ?? []) {
      valuesFiles.push(await inside(root, resolve(path, file), `values file ${file}`));
    }
    return this.#render({
      tool: helm,
      args: [
        'template',
        ...valuesFiles.map((file) => `--values=${file}`),
        ...(options.values === undefined ? [] : ['--values=-']),
        ...(options.set ?? []).flatMap(({ name, value, forceString }) => [
          forceString === true ? '--set-string' : '--set',
          `${name}=${escapeCommas(value)}`,
        ]),
        `--namespace=${options.namespace}`,
        ...(options.includeCRDs === true ? ['--include-crds'] : []),
        ...(options.kubeVersion === undefined ? [] : [`--kube-version=${options.kubeVersion}`]),
        ...(options.apiVersions ?? []).map((version) => `--api-versions=${version}`),
        '--',
        options.releaseName,
        path,
      ],
      path,
      root,
      action: `render the chart in ${relative(root, path) || '.'}`,
      input: options.values,
      signal: options.signal,
    });
  }

  async #place(options: { path: string; root: string }): Promise<{ path: string; root: string }> {
    try {
      const root = await realpath(options.root);
      const path = await inside(root, resolve(root, options.path), 'the folder to render');
      if (!(await stat(path)).isDirectory()) throw new RenderError('invalid', `${relative(root, path)} is not a folder`);
      return { root, path };
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
      throw new RenderError('invalid', `the folder to render, ${relative(options.root, options.path)}, does not exist`, {
        cause: error,
      });
    }
  }

  async #render(rendering: Rendering): Promise<string> {
    const home = this.#sandbox ? undefined : await mkdtemp(join(tmpdir(), 'kargo-render-'));
    try {
      const result = await this.#run(rendering, home);
      // Bubblewrap itself failed, as it does where user namespaces are forbidden: the checks made before have to do.
      if (home === undefined && result.exitCode !== 0 && result.stderr.startsWith('bwrap:')) {
        this.#sandbox = false;
        return await this.#render(rendering);
      }
      if (result.exitCode !== 0) throw invalid(rendering, result.stderr);
      if (result.truncated) throw invalid(rendering, `the result is larger than ${MAX_OUTPUT} bytes`);
      return result.stdout;
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      if (error.code === 'notStarted') throw missing(rendering.tool, error);
      throw new RenderError(error.code, `could not ${rendering.action}: ${error.message}`, { cause: error });
    } finally {
      if (home !== undefined) await rm(home, { recursive: true, force: true });
    }
  }

  #run(rendering: Rendering, home: string | undefined): Promise<ProcessResult> {
    const { tool, args, path, root } = rendering;
    const own = home ?? '/tmp';
    const request: ProcessRequest = {
      command: tool,
      args,
      cwd: path,
      env: {
        PATH: DEFAULT_PATH,
        HOME: own,
        TMPDIR: own,
        LC_ALL: 'C',
        HELM_CACHE_HOME: join(own, 'helm'),
        HELM_CONFIG_HOME: join(own, 'helm'),
        HELM_DATA_HOME: join(own, 'helm'),
        HELM_PLUGINS: join(own, 'no-plugins'),
        KUBECONFIG: '/dev/null',
      },
      input: rendering.input,
      timeout: this.#timeout,
      maxOutput: MAX_OUTPUT,
      signal: rendering.signal,
    };
    const { bwrap } = this.#tools;
    if (home !== undefined || bwrap === undefined) return this.#processes.run(request);
    const visible = [...new Set([...SYSTEM_FOLDERS, tool, ...(rendering.programs ?? [])])];
    return this.#processes.run({
      ...request,
      command: bwrap,
      args: [
        '--unshare-all',
        '--die-with-parent',
        '--new-session',
        '--tmpfs',
        '/tmp',
        '--dev',
        '/dev',
        ...visible.flatMap((file) => ['--ro-bind-try', file, file]),
        '--ro-bind',
        root,
        root,
        '--chdir',
        path,
        '--',
        tool,
        ...args,
      ],
    });
  }
}

/** What dynamically linked programs need. */
const SYSTEM_FOLDERS = ['/usr/lib', '/usr/lib64', '/lib', '/lib64'];

/** As Argo CD passes parameters to helm: commas are part of the value, unless it is a list in braces. */
function escapeCommas(value: string): string {
  return value.startsWith('{') ? value : value.replace(/(?<!\\),/g, String.raw`\,`);
}

function missing(tool: string, cause?: unknown): RenderError {
  return new RenderError('toolMissing', `cannot render without ${tool}; install it, or configure its path`, { cause });
}

function invalid(rendering: Rendering, words: string): RenderError {
  const text = words
    .replaceAll(`${rendering.root}/`, '')
    .replaceAll(rendering.root, '.')
    .replace(/^error: /gim, '')
    .trim();
  return new RenderError('invalid', `could not ${rendering.action}: ${text === '' ? 'no reason given' : text.slice(-1500)}`);
}
