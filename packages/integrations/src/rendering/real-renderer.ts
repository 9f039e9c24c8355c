import { mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { DEFAULT_PATH } from '../git/git-runner.ts';
import { systemCode } from '../port-error.ts';
import type { ProcessRequest, Processes, ProcessResult } from '../process/port.ts';
import { lineByLine } from '../process/lines.ts';
import { ProcessError } from '../process/process-error.ts';
import { checkKustomization, checkLinks, inside } from './containment.ts';
import { checkDependencies, steadyLocalDependencies } from './chart-dependencies.ts';
import { registriesFile, repositoriesFile } from './helm-repositories.ts';
import { helmValueArguments, VALUE_FILES } from './helm-values.ts';
import type { Renderer, ToolLine } from './port.ts';
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
  /** Proxies, for getting dependencies of charts: `http_proxy`, `https_proxy`, `no_proxy`. */
  environment?: Readonly<Record<string, string>> | undefined;
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
  /** Files for this run alone, by name; `FILES` in arguments and environment stands for their folder. */
  files?: Readonly<Record<string, string>> | undefined;
  /** The tool changes `path` and reaches the network. */
  writes?: { environment: Readonly<Record<string, string>>; secrets: readonly string[] } | undefined;
  signal?: AbortSignal | undefined;
  onLine?: ToolLine | undefined;
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
  readonly #environment: Readonly<Record<string, string>>;
  #sandbox: boolean;

  constructor(options: RealRendererOptions) {
    this.#processes = options.processes;
    this.#tools = options.tools;
    this.#timeout = options.timeout ?? 120_000;
    this.#environment = options.environment ?? {};
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
      onLine: options.onLine,
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
    const values = helmValueArguments(options.set ?? []);
    return this.#render({
      tool: helm,
      files: Object.fromEntries(values.files.map((content, index) => [String(index), content])),
      args: [
        'template',
        ...valuesFiles.map((file) => `--values=${file}`),
        ...(options.values === undefined ? [] : ['--values=-']),
        ...values.args,
        `--namespace=${options.namespace}`,
        ...(options.includeCRDs === true ? ['--include-crds'] : []),
        ...(options.disableHooks === true ? ['--no-hooks'] : []),
        ...(options.skipTests === true ? ['--skip-tests'] : []),
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
      onLine: options.onLine,
    });
  }

  async helmDependencies(options: Parameters<Renderer['helmDependencies']>[0]): Promise<void> {
    const { helm } = this.#tools;
    if (helm === undefined) throw missing('helm');
    const { path, root } = await this.#place(options);
    await checkLinks(root, path);
    await checkDependencies(root, path);
    const { repositories, action, plainHTTP = false } = options;
    await this.#render({
      tool: helm,
      args: ['dependency', action, ...(plainHTTP ? ['--plain-http'] : []), '--', path],
      path,
      root,
      action: `${action} the dependencies of the chart in ${relative(root, path) || '.'}`,
      files: { 'repositories.yaml': repositoriesFile(repositories), 'registries.json': registriesFile(repositories) },
      writes: {
        environment: {
          ...this.#environment,
          HELM_REPOSITORY_CONFIG: `${VALUE_FILES}/repositories.yaml`,
          HELM_REGISTRY_CONFIG: `${VALUE_FILES}/registries.json`,
        },
        secrets: repositories.flatMap(({ password = '' }) => (password === '' ? [] : [password])),
      },
      signal: options.signal,
      onLine: options.onLine,
    });
    await steadyLocalDependencies(root, path);
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
    const scratch = await mkdtemp(join(tmpdir(), 'kargo-render-'));
    try {
      const files = join(scratch, 'files');
      await mkdir(files, { mode: 0o700 });
      for (const [name, content] of Object.entries(rendering.files ?? {}))
        await writeFile(join(files, name), content, { mode: 0o600 });
      return await this.#attempt(rendering, scratch);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  async #attempt(rendering: Rendering, scratch: string): Promise<string> {
    try {
      const sandbox = this.#sandbox;
      const { root, onLine, writes } = rendering;
      const lines = lineByLine((line) => onLine?.(line.replaceAll(`${root}/`, '').replaceAll(root, '.')));
      const result = await this.#run(rendering, scratch, sandbox, (stream, text) => {
        // What is rendered is the result; what comes of getting dependencies is told there.
        if (stream === 'stderr' || writes !== undefined) lines.push(text);
      });
      lines.end();
      // Bubblewrap itself failed, as it does where user namespaces are forbidden: the checks made before have to do.
      if (sandbox && result.exitCode !== 0 && result.stderr.startsWith('bwrap:')) {
        this.#sandbox = false;
        return await this.#attempt(rendering, scratch);
      }
      if (result.exitCode !== 0) throw invalid(rendering, result.stderr);
      if (result.truncated) throw invalid(rendering, `the result is larger than ${MAX_OUTPUT} bytes`);
      return result.stdout;
    } catch (error) {
      if (!(error instanceof ProcessError)) throw error;
      if (error.code === 'notStarted') throw missing(rendering.tool, error);
      const code = error.code === 'unavailable' ? 'failed' : error.code;
      throw new RenderError(code, `could not ${rendering.action}: ${error.message}`, { cause: error });
    }
  }

  #run(
    rendering: Rendering,
    scratch: string,
    sandbox: boolean,
    onOutput: NonNullable<ProcessRequest['onOutput']>,
  ): Promise<ProcessResult> {
    const { tool, path, root, writes } = rendering;
    const { bwrap } = this.#tools;
    const files = join(scratch, 'files');
    const own = sandbox ? '/tmp' : scratch;
    const placed = (text: string): string => text.replaceAll(VALUE_FILES, files);
    const args = rendering.args.map(placed);
    const environment = Object.entries({ ...writes?.environment }).map(([name, value]) => [name, placed(value)]);
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
        ...(Object.fromEntries(environment) as Record<string, string>),
      },
      input: rendering.input,
      timeout: this.#timeout,
      maxOutput: MAX_OUTPUT,
      signal: rendering.signal,
      secrets: writes?.secrets,
      onOutput: rendering.onLine === undefined ? undefined : onOutput,
    };
    if (!sandbox || bwrap === undefined) return this.#processes.run(request);
    const visible = [
      ...new Set([...SYSTEM_FOLDERS, ...(writes === undefined ? [] : NETWORK_FILES), tool, ...(rendering.programs ?? [])]),
    ];
    return this.#processes.run({
      ...request,
      command: bwrap,
      args: [
        '--unshare-all',
        ...(writes === undefined ? [] : ['--share-net']),
        '--die-with-parent',
        '--new-session',
        '--tmpfs',
        '/tmp',
        '--dev',
        '/dev',
        ...visible.flatMap((file) => ['--ro-bind-try', file, file]),
        '--ro-bind',
        files,
        files,
        '--ro-bind',
        root,
        root,
        ...(writes === undefined ? [] : ['--bind', path, path]),
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

/** What names and certificates are looked up in. */
const NETWORK_FILES = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
  '/usr/share/ca-certificates',
];

function missing(tool: string, cause?: unknown): RenderError {
  return new RenderError('toolMissing', `cannot render without ${tool}; install it, or configure its path`, { cause });
}

function invalid(rendering: Rendering, words: string): RenderError {
  const text = words
    .replaceAll(`${rendering.root}/`, '')
    .replaceAll(rendering.root, '.')
    .replace(/^error: /gim, '')
    .trim();
  const code = rendering.writes === undefined ? 'invalid' : 'failed';
  return new RenderError(code, `could not ${rendering.action}: ${text === '' ? 'no reason given' : text.slice(-1500)}`);
}
