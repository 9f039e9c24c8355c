import type { ArtifactType } from './delivery.ts';

const IMAGES = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.container.image.v1+json',
  'application/vnd.oci.image.config.v1+json',
]);

/** What an artifact of a media type may be to subscriptions. An OCI manifest may be an image as well as a chart. */
export function typesOf(mediaType: string | undefined): readonly ArtifactType[] {
  if (mediaType?.startsWith('application/vnd.cncf.helm') === true) return ['chart'];
  return mediaType !== undefined && IMAGES.has(mediaType) ? ['image'] : ['image', 'chart'];
}
