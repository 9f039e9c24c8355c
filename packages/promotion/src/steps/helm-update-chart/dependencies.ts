/** Getting the dependencies of charts, for the steps that need them. */
import { HttpError, parseChartDependencies, type ChartDependency, type ChartRepository, type Http } from '@kargo/integrations';
import { TerminalStepError, type StepContext, type StepPorts } from '../../step.ts';

type Scope = Pick<StepContext<unknown>, 'project' | 'workspace' | 'signal'>;

const OCI = 'oci://';
const PROBE_TIMEOUT = 10_000;
/** Of charts of both versions. */
const LOCK_FILES = ['Chart.lock', 'requirements.lock'];
const LOCK_TIME = /^generated:.*$/m;

/** The dependencies that the chart in a folder of the workspace declares. Fails if there is no chart. */
export async function declaredDependencies({ workspace }: Pick<Scope, 'workspace'>, path: string): Promise<ChartDependency[]> {
  const read = async (name: string): Promise<ChartDependency[]> =>
    parseChartDependencies(`${path}/${name}`, Buffer.from(await workspace.readFile(`${path}/${name}`)).toString());
  if (!(await workspace.exists(`${path}/Chart.yaml`)))
    throw new Error(`there is no Helm chart at ${path}: it has no Chart.yaml; check the path`);
  const own = await read('Chart.yaml');
  // Where charts of the first version have theirs.
  return (await workspace.exists(`${path}/requirements.yaml`)) ? [...own, ...(await read('requirements.yaml'))] : own;
}

/** Puts the dependencies of the chart into its `charts/`, with the credentials of the project for each of its repositories. */
export async function getDependencies(
  path: string,
  action: 'build' | 'update',
  scope: Scope,
  ports: Pick<StepPorts, 'credentials' | 'http' | 'renderer'>,
): Promise<void> {
  const dependencies = await declaredDependencies(scope, path);
  const plainHTTP = await isPlainHTTP(dependencies, ports.http, scope.signal);
  const locks = await Promise.all(LOCK_FILES.map(async (file) => ({ file, before: await lockOf(scope, path, file) })));
  await ports.renderer.helmDependencies({
    path: await scope.workspace.resolve(path),
    root: scope.workspace.root,
    action,
    repositories: await repositoriesOf(dependencies, scope, ports, plainHTTP),
    plainHTTP,
    signal: scope.signal,
  });
  for (const { file, before } of locks) {
    const now = await lockOf(scope, path, file);
    if (now !== undefined && now !== before) await scope.workspace.writeFile(`${path}/${file}`, withTimeOf(now, before));
  }
}

async function lockOf({ workspace }: Scope, path: string, file: string): Promise<string | undefined> {
  const name = `${path}/${file}`;
  return (await workspace.exists(name)) ? Buffer.from(await workspace.readFile(name)).toString() : undefined;
}

/**
 * A lock file with the time of an earlier one: Helm notes when it wrote it, so that no two commits of the same would be equal, and what is
 * previewed would not be what is pushed. Nobody reads the time.
 */
function withTimeOf(lock: string, before = ''): string {
  const time = LOCK_TIME.exec(before)?.[0] ?? 'generated: "1970-01-01T00:00:00Z"';
  return lock.replace(LOCK_TIME, () => time);
}

async function repositoriesOf(
  dependencies: readonly ChartDependency[],
  { project }: Scope,
  { credentials }: Pick<StepPorts, 'credentials'>,
  plainHTTP: boolean,
): Promise<ChartRepository[]> {
  const out: ChartRepository[] = [];
  for (const { name, repository } of dependencies) {
    const url = repository.startsWith(OCI) ? `${repository.replace(/\/+$/, '')}/${name}` : repository;
    const secure = url.startsWith('https://') || (url.startsWith(OCI) && (!plainHTTP || isThisMachine(hostOf(url))));
    const found = secure ? await credentials.find({ project, type: 'helm', repoURL: url }) : undefined;
    const { username, password } = found ?? {};
    if (/^(?:https?|oci):\/\//.test(url))
      out.push({ url, ...(username === undefined || password === undefined ? {} : { username, password }) });
  }
  return out;
}

/**
 * Whether the registries of the chart speak HTTP without TLS: their servers are asked. Helm cannot speak both in one run, so that
 * registries of both kinds are an error for good.
 */
async function isPlainHTTP(dependencies: readonly ChartDependency[], http: Http, signal: AbortSignal): Promise<boolean> {
  const hosts = new Set(dependencies.flatMap(({ repository }) => (repository.startsWith(OCI) ? [hostOf(repository)] : [])));
  const plain: string[] = [];
  const secure: string[] = [];
  for (const host of hosts)
    ((await answers(http, `https://${host}/v2/`, signal)) || !(await answers(http, `http://${host}/v2/`, signal))
      ? secure
      : plain
    ).push(host);
  if (plain.length > 0 && secure.length > 0)
    throw new TerminalStepError(
      `the registry ${plain[0]} speaks plain HTTP and ${secure[0]} does not; Helm cannot use both for one chart, so give ${plain[0]} a certificate`,
    );
  return plain.length > 0;
}

async function answers(http: Http, url: string, signal: AbortSignal): Promise<boolean> {
  try {
    await http.send({ method: 'GET', url, timeout: PROBE_TIMEOUT, maxRedirects: 0, signal });
    return true;
  } catch (error) {
    if (!(error instanceof HttpError) || error.code === 'aborted' || error.code === 'refused') throw error;
    // A certificate nobody trusts is a certificate: the tool will say so.
    return error.code === 'tls' && !isNotTLS(error);
  }
}

/** Whether the other side does not speak TLS at all. */
function isNotTLS({ cause }: HttpError): boolean {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
}

function hostOf(repository: string): string {
  return repository.slice(OCI.length).split('/')[0]!;
}

function isThisMachine(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host);
}
