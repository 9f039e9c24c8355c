import { parseRepository, type RegistryAccess } from '@kargo/integrations';
import { TerminalStepError, type Step, type StepPorts } from '../../step.ts';
import { accessTo, parseArtifactReference, referenceSchema } from '../oci-download/reference.ts';
import { flag, object, text } from '../schema.ts';
import { scopeAnnotations } from './annotations.ts';
import { readArtifact, sizeOf, type Artifact } from './artifact.ts';

export interface OCIPushConfig {
  srcRef: string;
  destRef: string;
  annotations?: Record<string, string> | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
}

/** Bytes of an artifact that is copied to another repository, unless the installation says otherwise. */
const MAX_ARTIFACT_SIZE = 1024 * 1024 * 1024;

/**
 * Copies an image, an index or another artifact to a tag, or gives it another tag. Output: `image`, `tag` and `digest` of the
 * destination. What is there already is not pushed again.
 */
export const ociPush: Step<OCIPushConfig> = {
  name: 'oci-push',
  workspace: 'none',
  outputs: {
    image: { type: 'string', description: 'Where it was pushed to, with its tag.' },
    tag: { type: 'string', description: 'The tag.' },
    digest: { type: 'string', description: 'The digest.' },
  },
  configSchema: object(
    {
      srcRef: referenceSchema('What to copy, with tag or digest; with `oci://` the credentials are those for charts.'),
      destRef: text('Where to, with a tag; another tag of the same repository moves nothing.', {
        pattern: String.raw`^(oci://)?[a-zA-Z0-9._-]+(:\d+)?(/[a-zA-Z0-9._-]+)*[:][a-zA-Z0-9._-]+$`,
      }),
      annotations: {
        type: 'object',
        description:
          'Annotations to add: keys that begin with `index:` to the index, others (also with `manifest:`) to manifests.',
        additionalProperties: { type: 'string' },
      },
      insecureSkipTLSVerify: flag('Accept any certificate of the registries.'),
    },
    ['srcRef', 'destRef'],
    { title: 'OCIPushConfig' },
  ),

  async run(context, ports) {
    const { config } = context;
    const source = parseArtifactReference('srcRef', config.srcRef);
    const target = parseArtifactReference('destRef', config.destRef);
    const from = await accessTo(source, context, ports, config.insecureSkipTLSVerify);
    const to = await accessTo(target, context, ports, config.insecureSkipTLSVerify);
    const artifact = await readArtifact(from, source.version, scopeAnnotations(config.annotations), ports);
    const elsewhere = !isSameRepository(from, to);
    if (elsewhere) refuseTooLarge(artifact, config, ports.maxOCIPushArtifactSize ?? MAX_ARTIFACT_SIZE);
    const { digest } = artifact.top;
    const there = await ports.registries.manifest(to, target.version);
    if (there?.digest !== digest) await push(artifact, from, to, { tag: target.version, elsewhere }, ports);
    return {
      status: 'Succeeded',
      output: { image: `${target.repository}:${target.version}`, tag: target.version, digest },
    };
  },
};

async function push(
  { top, children, blobs }: Artifact,
  from: RegistryAccess,
  to: RegistryAccess,
  { tag, elsewhere }: { tag: string; elsewhere: boolean },
  { registries }: Pick<StepPorts, 'registries'>,
): Promise<void> {
  if (elsewhere) for (const blob of blobs) await registries.copyBlob(from, to, blob);
  // From the leaves up: a registry refuses what refers to something it does not have.
  for (const child of children) await registries.putManifest(to, child.digest, child);
  await registries.putManifest(to, tag, top);
}

function isSameRepository(from: RegistryAccess, to: RegistryAccess): boolean {
  const [source, target] = [parseRepository(from.repository), parseRepository(to.repository)];
  return source.registry === target.registry && source.path === target.path;
}

/** `limit` in bytes: 0 forbids copies, a negative one allows all. */
function refuseTooLarge(artifact: Artifact, { srcRef }: OCIPushConfig, limit: number): void {
  if (limit < 0) return;
  if (limit === 0)
    throw new TerminalStepError(
      'this installation does not allow copies to other repositories (MAX_OCI_PUSH_ARTIFACT_SIZE is 0)',
    );
  const size = sizeOf(artifact);
  if (size > limit)
    throw new TerminalStepError(
      `${srcRef} has ${size} bytes, but no more than ${limit} may be copied (MAX_OCI_PUSH_ARTIFACT_SIZE)`,
    );
}
