/** Who makes commits where no step says so. */
import { CLUSTER_CONFIG_NAME, ClusterConfig, isReason, Secret } from '@kargo/api';
import type { GitIdentity } from '@kargo/integrations';
import type { StepPorts } from '../../step.ts';

/** Key of the Secret that holds what commits are signed with. */
const SIGNING_KEY = 'signingKey';

/**
 * The system user: what the ClusterConfig says under `spec.gitClient`, else what the process was started with, whose key also signs for a
 * `gitClient` that names no Secret. Fails when the Secret that is named, or the key in it, is missing: commits that are to be signed are
 * never made unsigned.
 */
export async function systemIdentity(
  { client, gitIdentity, systemNamespace }: Pick<StepPorts, 'client' | 'gitIdentity' | 'systemNamespace'>,
  signal: AbortSignal,
): Promise<GitIdentity> {
  if (systemNamespace === undefined) return gitIdentity;
  const user = (await configured(client, signal))?.spec?.gitClient;
  if (user === undefined) return gitIdentity;
  const { name, email, signingKeySecret } = user;
  const secretName = signingKeySecret?.name ?? '';
  if (secretName === '') return { ...gitIdentity, name, email };
  const secret = await secretNamed(client, systemNamespace, secretName, signal);
  const key = Buffer.from(secret.data?.[SIGNING_KEY] ?? '', 'base64').toString('utf8');
  if (key === '')
    throw new Error(
      `Secret "${secretName}" in namespace "${systemNamespace}", which spec.gitClient of the ClusterConfig names, has no key "${SIGNING_KEY}"; put the GPG or SSH key there that commits are to be signed with`,
    );
  return { name, email, signingKey: key };
}

async function configured(client: StepPorts['client'], signal: AbortSignal): Promise<ClusterConfig | undefined> {
  try {
    return await client.get(ClusterConfig, { name: CLUSTER_CONFIG_NAME }, { signal });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

async function secretNamed(client: StepPorts['client'], namespace: string, name: string, signal: AbortSignal): Promise<Secret> {
  try {
    return await client.get(Secret, { namespace, name }, { signal });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    throw new Error(
      `Secret "${name}" in namespace "${namespace}", which spec.gitClient of the ClusterConfig names, does not exist; create it with the key that signs commits under "${SIGNING_KEY}", or remove signingKeySecret`,
      { cause: error },
    );
  }
}
