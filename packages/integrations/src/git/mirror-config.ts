import type { CleanRemote } from './remote-url.ts';

const CONFIG = '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n';

/** The settings of a mirror. One without contents gets them from its remote when they are needed. */
export function mirrorConfig({ url, blobless }: CleanRemote): string {
  if (!blobless) return CONFIG;
  return `${CONFIG.replace('repositoryformatversion = 0', 'repositoryformatversion = 1')}${[
    '[remote "origin"]',
    `\turl = "${url.replaceAll('\\', '\\\\').replaceAll('"', String.raw`\"`)}"`,
    '\tpromisor = true',
    '\tpartialclonefilter = blob:none',
    '[extensions]',
    '\tpartialClone = origin',
    '',
  ].join('\n')}`;
}
