/** References to artifacts in registries, as the configurations of steps have them. */
import { parseRepository, RegistryError, type RegistryAccess } from '@kargo/integrations';
import { TerminalStepError, type ConfigSchema, type StepContext, type StepPorts } from '../../step.ts';
import { text } from '../schema.ts';

export interface ArtifactReference {
  /** Without the scheme, the tag and the digest. */
  repository: string;
  /** Tag or digest. */
  version: string;
  /** Written with `oci://`, as Helm does; its credentials are those for charts. */
  helm: boolean;
}

const PREFIX = 'oci://';

/** A field for a reference with a tag or a digest. */
export function referenceSchema(description: string): ConfigSchema {
  return text(description, {
    pattern: String.raw`^(oci://)?[a-zA-Z0-9._-]+(:\d+)?(/[a-zA-Z0-9._-]+)*[@:][a-zA-Z0-9._:-]+$`,
  });
}

/** Reads a reference. What no registry can have is an error for good. */
export function parseArtifactReference(field: string, reference: string): ArtifactReference {
  const helm = reference.startsWith(PREFIX);
  const bare = helm ? reference.slice(PREFIX.length) : reference;
  const at = bare.indexOf('@');
  const cut = at >= 0 ? at : bare.lastIndexOf(':');
  const [repository, version] = [bare.slice(0, cut), bare.slice(cut + 1)];
  try {
    parseRepository(repository);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new TerminalStepError(`${field} cannot be used: ${error.message}`, { status: 'Failed', cause: error });
  }
  const form = at >= 0 ? /^sha256:[0-9a-f]{64}$/ : /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
  if (!form.test(version))
    throw new TerminalStepError(
      `${field} cannot be used: ${JSON.stringify(version)} is not a ${at >= 0 ? 'sha256 digest' : 'tag'}`,
      {
        status: 'Failed',
      },
    );
  return { repository, version, helm };
}

/** How to reach the repository of a reference, with the credentials of the project for it. */
export async function accessTo(
  { repository, helm }: ArtifactReference,
  { project, signal }: Pick<StepContext<unknown>, 'project' | 'signal'>,
  { credentials }: Pick<StepPorts, 'credentials'>,
  insecureSkipTLSVerify: boolean | undefined,
): Promise<RegistryAccess> {
  const query = helm
    ? ({ type: 'helm', repoURL: `${PREFIX}${repository}` } as const)
    : ({ type: 'image', repoURL: repository } as const);
  const found = await credentials.find({ project, ...query });
  const { username, password, source, identity, renew } = found ?? {};
  return {
    repository,
    kind: helm ? 'chart' : 'image',
    ...(username === undefined || password === undefined ? {} : { credentials: { username, password, source, identity, renew } }),
    ...(insecureSkipTLSVerify === true ? { insecureSkipTLSVerify } : {}),
    signal,
  };
}
