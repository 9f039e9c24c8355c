import type { RehearsedCommit, RehearsedEffect, RehearsedFile } from '@kargo/integrations';
import type { PreviewCommit, PreviewEffect, PreviewFile } from './document.ts';
import type { SecretsSeen } from './secrets.ts';
import { unifiedDiff } from './unified-diff.ts';

/** Files of one commit that are listed. */
const MAX_FILES = 300;
/** Characters of one file's diff. */
const MAX_DIFF = 64 * 1024;
/** Characters of the diffs of one commit together. */
const MAX_COMMIT_DIFF = 1024 * 1024;

/** What a rehearsal found, as previews tell it. Commits that were told in an earlier effect are not described again. */
export function gitEffects(effects: readonly RehearsedEffect[], told: Set<string>, secrets: SecretsSeen): PreviewEffect[] {
  return effects.map((effect) => {
    if (effect.kind === 'commit')
      return { kind: 'commit', repository: effect.url, commit: commitOf(effect.commit, told, secrets) };
    const { url, ref, from, tree, forced, commits, commitCount } = effect;
    return {
      kind: 'push',
      repository: url,
      ref,
      ...(from === undefined ? {} : { from }),
      ...(tree === undefined ? {} : { tree }),
      forced,
      commits: commits.map((commit) => commitOf(commit, told, secrets)),
      commitCount,
    };
  });
}

function commitOf({ id, tree, author, message, files }: RehearsedCommit, told: Set<string>, secrets: SecretsSeen): PreviewCommit {
  const known = told.has(id);
  told.add(id);
  const common = { id, tree, author: secrets.hide(author), message: secrets.hide(message) };
  if (known) return common;
  let room = MAX_COMMIT_DIFF;
  const shown = files.slice(0, MAX_FILES).map((file) => {
    const one = fileOf(file, Math.min(MAX_DIFF, room), secrets);
    room -= one.diff?.length ?? 0;
    return one;
  });
  return { ...common, files: shown, ...(files.length > shown.length ? { fileCount: files.length } : {}) };
}

function fileOf({ path, change, binary, before, after }: RehearsedFile, limit: number, secrets: SecretsSeen): PreviewFile {
  const common = { path: secrets.hide(path), change };
  if (binary) return { ...common, binary };
  return { ...common, ...boundedDiff(secrets.hide(unifiedDiff(before, after)), limit) };
}

/** A diff that has been freed of secrets, cut off at the end of a line where it is too long. */
export function boundedDiff(diff: string, limit: number = MAX_DIFF): { diff: string; truncated?: boolean } {
  if (diff.length <= limit) return { diff };
  return { diff: diff.slice(0, diff.lastIndexOf('\n', Math.max(0, limit)) + 1), truncated: true };
}
