import type { FreightOrigin } from '@kargo/api';
import { readKustomizationImages, setKustomizationImages, type KustomizationImage, type Workspace } from '@kargo/integrations';
import type { Step, StepContext, StepPorts } from '../../step.ts';
import { allImages, findImage, type FreightScope } from '../../freight/find-artifact.ts';
import { requestedWarehouses } from '../../freight/warehouses.ts';
import { absentText, commitMessageOutput, flag, list, object, optionalText, presentText, text } from '../schema.ts';
import { commitMessage, entryOfImage, settle } from './target-images.ts';

interface ImageConfig {
  image: string;
  tag?: string | undefined;
  digest?: string | undefined;
  name?: string | undefined;
  newName?: string | undefined;
  fromOrigin?: FreightOrigin | undefined;
  useDigest?: boolean | undefined;
}

export interface KustomizeSetImageConfig {
  path: string;
  images?: ImageConfig[] | undefined;
}

const FILE_NAMES: readonly string[] = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];

const imageSchema = object(
  {
    image: text('Repository of the image, as a Warehouse subscribes to it.'),
    tag: optionalText('Tag to set; `*` leaves it as it is. Exclusive with `digest`. Without either, the tag of the Freight.'),
    digest: optionalText('Digest to set; `*` leaves it as it is. Exclusive with `tag`.'),
    name: optionalText('Name of the image in the kustomization; that of the repository if absent.'),
    newName: optionalText('Name to set; `*` leaves it as it is.'),
    fromOrigin: object(
      { kind: { type: 'string', description: 'Kind of the origin.', enum: ['Warehouse'] }, name: text('Name of the origin.') },
      ['kind', 'name'],
      { description: 'Origin of the Freight the tag is taken from, if several could be meant.' },
    ),
    useDigest: flag('Set the digest of the Freight too.'),
  },
  ['image'],
  {
    oneOf: [
      { properties: { digest: absentText, tag: absentText } },
      { required: ['tag'], properties: { digest: absentText, tag: presentText } },
      { required: ['digest'], properties: { digest: presentText, tag: absentText } },
    ],
  },
);

/**
 * Sets images in a kustomization, leaving comments, order and everything else of the file alone. Without a tag or digest the image is
 * looked up in the Freight being promoted; without `images`, all images of the Freight are set. Output: `commitMessage`.
 */
export const kustomizeSetImage: Step<KustomizeSetImageConfig> = {
  name: 'kustomize-set-image',
  outputs: commitMessageOutput,
  configSchema: object(
    {
      path: text('Folder with the kustomization.'),
      images: list(imageSchema, 'Images to set. Absent or empty: all images of the Freight.'),
    },
    ['path'],
    { title: 'KustomizeSetImageConfig' },
  ),

  async run(context, ports) {
    const { config, workspace } = context;
    const file = await findKustomization(workspace, config.path);
    const source = Buffer.from(await workspace.readFile(file)).toString('utf8');
    const existing = readKustomizationImages(source);
    const images = (await targetImages(context, ports)).map((target) => settle(target, existing));
    await workspace.writeFile(file, setKustomizationImages(source, images));
    return { status: 'Succeeded', output: { commitMessage: commitMessage(config.path, images) } };
  },
};

async function targetImages(context: StepContext<KustomizeSetImageConfig>, { client }: StepPorts): Promise<KustomizationImage[]> {
  const { images = [] } = context.config;
  const lookedUp = images.length === 0 || images.some((image) => isEmpty(image.tag) && isEmpty(image.digest));
  const warehouses = lookedUp ? await requestedWarehouses(client, context.project, context.freightRequests, context.signal) : [];
  const scope: FreightScope = { freight: context.freight, warehouses: () => warehouses };
  if (images.length === 0) return allImages(scope).map((image) => entryOfImage(image.repoURL ?? '', image, true));
  return images.map((image) => targetImage(image, scope));
}

function targetImage(
  { image, name, newName, tag, digest, fromOrigin, useDigest = false }: ImageConfig,
  scope: FreightScope,
): KustomizationImage {
  const target = isEmpty(name) ? image : (name ?? image);
  const renamed = isEmpty(newName) ? {} : { newName };
  if (!isEmpty(tag)) return { name: target, ...renamed, newTag: tag };
  if (!isEmpty(digest)) return { name: target, ...renamed, digest };
  const found = findImage(scope, image, fromOrigin);
  if (found === undefined)
    throw new Error(
      `the Freight being promoted has no image "${image}"; write the repository as the Warehouse subscribes to it, or give a tag or a digest`,
    );
  return { ...entryOfImage(target, found, useDigest), ...renamed };
}

async function findKustomization(workspace: Workspace, path: string): Promise<string> {
  const entries = (await workspace.list(path)).filter(({ name, type }) => type === 'file' && FILE_NAMES.includes(name));
  const [only] = entries;
  if (only === undefined) throw new Error(`could not find a kustomization (${FILE_NAMES.join(', ')}) in "${path}"`);
  if (entries.length > 1)
    throw new Error(
      `ambiguous result: "${path}" holds several kustomizations: ${entries.map(({ name }) => name).join(', ')}; keep one`,
    );
  return `${path}/${only.name}`;
}

function isEmpty(value: string | undefined): boolean {
  return value === undefined || value === '';
}
