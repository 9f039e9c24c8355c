import type { RegistryAccess, StoredManifest } from '@kargo/integrations';
import { TerminalStepError, type Step, type StepPorts } from '../../step.ts';
import { claimFile } from '../http-download/claim.ts';
import { flag, object, text } from '../schema.ts';
import { readManifest, type Descriptor, type Manifest } from './manifest.ts';
import { accessTo, parseArtifactReference, referenceSchema } from './reference.ts';

export interface OCIDownloadConfig {
  imageRef: string;
  outPath: string;
  allowOverwrite?: boolean | undefined;
  mediaType?: string | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
}

const MAX_BYTES = 100 * 1024 * 1024;

/** Downloads a layer of at most 100 MiB of an artifact, as it is stored. The file is there as a whole or not at all. */
export const ociDownload: Step<OCIDownloadConfig> = {
  name: 'oci-download',
  configSchema: object(
    {
      imageRef: referenceSchema(
        'Artifact to download from, with tag or digest; with `oci://` the credentials are those for charts.',
      ),
      outPath: text('File the layer goes to.'),
      allowOverwrite: flag('Replace a file that is there already; otherwise that is an error.'),
      mediaType: text('Takes the first layer of this type; the first of all if absent.'),
      insecureSkipTLSVerify: flag('Accept any certificate of the registry.'),
    },
    ['imageRef', 'outPath'],
    { title: 'OCIDownloadConfig' },
  ),

  async run(context, ports) {
    const { config, workspace } = context;
    const reference = parseArtifactReference('imageRef', config.imageRef);
    const access = await accessTo(reference, context, ports, config.insecureSkipTLSVerify);
    await claimFile(context, config.outPath, config.allowOverwrite === true);
    const manifest = await findManifest(access, reference.version, ports);
    const layer = layerOf(manifest, config);
    if (layer.size > MAX_BYTES)
      throw new TerminalStepError(
        `the layer ${layer.digest} of ${config.imageRef} has ${layer.size} bytes; no more than ${MAX_BYTES} can be downloaded`,
      );
    await ports.registries.readBlob(access, layer, (chunks) => workspace.writeFile(config.outPath, chunks));
    return { status: 'Succeeded' };
  },
};

function layerOf({ layers = [] }: Manifest, { imageRef, mediaType }: OCIDownloadConfig): Descriptor {
  const layer = mediaType === undefined ? layers[0] : layers.find((candidate) => candidate.mediaType === mediaType);
  if (layer !== undefined) return layer;
  if (layers.length === 0) throw new Error(`${imageRef} has no layers, so there is nothing to download`);
  const types = [...new Set(layers.map((candidate) => candidate.mediaType))].join(', ');
  throw new Error(`${imageRef} has no layer of the type ${mediaType}; there are: ${types}`);
}

/** The manifest of a tag or digest; of an index, that for linux/amd64. */
async function findManifest(
  access: RegistryAccess,
  version: string,
  { registries }: Pick<StepPorts, 'registries'>,
): Promise<Manifest> {
  const get = async (reference: string): Promise<StoredManifest> => {
    const found = await registries.manifest(access, reference);
    if (found === undefined)
      throw new Error(`there is no ${reference} in ${access.repository}; check the reference, and the credentials`);
    return found;
  };
  const document = readManifest(await get(version), access.repository);
  if (document.kind === 'manifest') return document.manifest;
  const entry = document.index.manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === 'amd64');
  if (entry === undefined) throw new Error(`${access.repository} at ${version} has nothing for linux/amd64`);
  const chosen = readManifest(await get(entry.digest), access.repository);
  if (chosen.kind === 'manifest') return chosen.manifest;
  throw new TerminalStepError(`${access.repository} at ${version} is an index of indexes, which is not supported`);
}
