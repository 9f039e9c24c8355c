import type { Image } from '@kargo/api';
import type { KustomizationImage } from '@kargo/integrations';

/** Written instead of a value to leave the one in the file as it is. */
const KEEP = '*';

/** The entry to be written: `*` becomes what stands in the file. */
export function settle(target: KustomizationImage, existing: readonly KustomizationImage[]): KustomizationImage {
  const old = existing.find(({ name }) => name === target.name);
  const value = (field: 'newName' | 'newTag' | 'digest'): string | undefined =>
    target[field] === KEEP ? old?.[field] : target[field];
  const [newName, newTag, digest] = [value('newName') ?? old?.newName, value('newTag'), value('digest')];
  return {
    name: target.name,
    ...(newName === undefined || newName === '' ? {} : { newName }),
    ...(newTag === undefined || newTag === '' ? {} : { newTag }),
    ...(digest === undefined || digest === '' ? {} : { digest }),
  };
}

/** The entry for an image of the Freight: its tag, and its digest where asked for or where there is no tag. */
export function entryOfImage(name: string, { tag = '', digest = '' }: Image, withDigest: boolean): KustomizationImage {
  return {
    name,
    ...(tag === '' ? {} : { newTag: tag }),
    ...(digest !== '' && (withDigest || tag === '') ? { digest } : {}),
  };
}

/** What the step says about itself in commits: every image it set, sorted. */
export function commitMessage(path: string, images: readonly KustomizationImage[]): string {
  const lines = images.map(
    ({ name, newName, newTag, digest }) =>
      `- ${newName ?? name}${newTag === undefined ? '' : `:${newTag}`}${digest === undefined ? '' : `@${digest}`}`,
  );
  return `Updated ${path} to use new image${images.length === 1 ? '' : 's'}\n\n${lines.toSorted().join('\n')}`;
}
