import type { Clock } from '../../ports/clock.ts';
import { KubeconfigError, type ClusterEntry, type ExecEntry } from './kubeconfig-file.ts';

/** Runs a program to its end. `env` is added to the environment of this process. */
export type RunProgram = (request: {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  signal?: AbortSignal | undefined;
}) => Promise<{ exitCode: number; stdout: string; stderr: string }>;

/** What a client proves itself with. */
export interface Credential {
  token?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** Epoch milliseconds; absent: as long as the server accepts it. */
  expires?: number | undefined;
}

const API_GROUP = 'client.authentication.k8s.io/';
const VERSIONS = ['v1', 'v1beta1'];

/** Asks a credential plugin for a credential. Fails with {@link KubeconfigError}, without what the plugin wrote to its output. */
export async function execCredential(
  exec: ExecEntry,
  { cluster, clock, run }: { cluster: ClusterEntry; clock: Clock; run: RunProgram },
): Promise<Credential> {
  const version = exec.apiVersion.replace(API_GROUP, '');
  if (!VERSIONS.includes(version))
    throw new KubeconfigError(
      `the credential plugin ${exec.command} speaks ${exec.apiVersion}: known are ${VERSIONS.map((known) => API_GROUP + known).join(', ')}`,
    );
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo === true
        ? {
            cluster: {
              server: cluster.server,
              'certificate-authority-data': cluster['certificate-authority-data'],
              'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
              'tls-server-name': cluster['tls-server-name'],
              'proxy-url': cluster['proxy-url'],
            },
          }
        : {}),
    },
  };
  const own = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  let result: Awaited<ReturnType<RunProgram>>;
  try {
    result = await run({
      command: exec.command,
      args: exec.args ?? [],
      env: { ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    });
  } catch (cause) {
    const hint = exec.installHint === undefined ? '' : `\n${exec.installHint}`;
    throw new KubeconfigError(
      `the credential plugin ${exec.command} cannot be run: ${cause instanceof Error ? cause.message : String(cause)}${hint}`,
      { cause },
    );
  }
  if (result.exitCode !== 0)
    throw new KubeconfigError(
      `the credential plugin ${exec.command} ended with ${result.exitCode}: ${result.stderr.trim().slice(0, 500)}`,
    );
  return credentialOf(result.stdout, exec, clock);
}

function credentialOf(stdout: string, { command, apiVersion }: ExecEntry, clock: Clock): Credential {
  let answer: { apiVersion?: string; kind?: string; status?: Record<string, string | undefined> };
  try {
    answer = JSON.parse(stdout) as typeof answer;
  } catch {
    // Not the cause: its message would show part of what may be a secret.
    throw new KubeconfigError(`the credential plugin ${command} did not answer in JSON`);
  }
  const { status } = answer;
  if (answer.kind !== 'ExecCredential' || answer.apiVersion !== apiVersion || status === undefined)
    throw new KubeconfigError(`the credential plugin ${command} did not answer with an ExecCredential of ${apiVersion}`);
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status;
  if (token === undefined && cert === undefined)
    throw new KubeconfigError(`the credential plugin ${command} answered with neither a token nor a certificate`);
  if ((cert === undefined) !== (key === undefined))
    throw new KubeconfigError(`the credential plugin ${command} answered with a certificate or a key without the other`);
  const expires = expirationTimestamp === undefined ? undefined : Date.parse(expirationTimestamp);
  return {
    token,
    cert,
    key,
    expires: expires === undefined || Number.isNaN(expires) ? undefined : Math.max(expires, clock.now()),
  };
}
