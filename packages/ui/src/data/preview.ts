/** What a promotion would do, as the server's previews tell it. Only what the UI shows is named. */

export interface PreviewFile {
  path: string;
  change: 'added' | 'modified' | 'deleted';
  diff?: string;
  binary?: boolean;
  truncated?: boolean;
}

export interface PreviewCommit {
  tree: string;
  message: string;
  files?: PreviewFile[];
  fileCount?: number;
}

export type PreviewEffect =
  | { kind: 'commit'; repository: string; commit: PreviewCommit }
  | {
      kind: 'push';
      repository: string;
      ref: string;
      from?: string;
      tree?: string;
      forced: boolean;
      commits: PreviewCommit[];
      commitCount: number;
    }
  | { kind: 'pullRequest'; repository: string; title: string; body: string; source: string; target: string; draft?: boolean }
  | { kind: 'http'; method: string; url: string; headers?: Readonly<Record<string, string>>; body?: string; size: number }
  | {
      kind: 'resource';
      verb: string;
      resource: { apiVersion: string; kind: string; namespace?: string; name: string };
      change?: unknown;
    }
  | { kind: 'artifact'; reference: string }
  | { kind: 'other'; description: string };

export interface PreviewStep {
  alias: string;
  uses: string;
  outcome: 'Succeeds' | 'Skipped' | 'Waits' | 'Fails' | 'Unknown';
  message?: string;
  unknown?: string[];
  effects: PreviewEffect[];
}

export interface PreviewManifest {
  path: string;
  kind: string;
  namespace?: string;
  name: string;
  change: 'added' | 'modified' | 'deleted';
  diff: string;
  truncated?: boolean;
}

export interface PreviewGate {
  code: string;
  message: string;
  blocking: boolean;
  until?: string;
}

export interface Preview {
  apiVersion: string;
  kind: string;
  project: string;
  stage: string;
  generatedAt: string;
  outcome: PreviewStep['outcome'];
  message?: string;
  gates: PreviewGate[];
  steps: PreviewStep[];
  manifests: PreviewManifest[];
  /** What the plan stands on; goes back to the server as it came. */
  basis: unknown;
}

/** Files that the commits of a preview change, each with where it would be pushed or committed. */
export function filesOf({ steps }: Preview): PreviewFile[] {
  return steps.flatMap(({ effects }) =>
    effects.flatMap((effect) => {
      if (effect.kind === 'commit') return effect.commit.files ?? [];
      return effect.kind === 'push' ? effect.commits.flatMap(({ files }) => files ?? []) : [];
    }),
  );
}

/** A commit of a preview, and where it goes. */
export interface PlacedCommit {
  place: string;
  message: string;
  files: readonly PreviewFile[];
  /** Files that are not listed. */
  more: number;
}

/** Commits of a preview that change files, in their order. */
export function commitsOf({ steps }: Preview): PlacedCommit[] {
  const placed = (place: string, { message, files = [], fileCount }: PreviewCommit): PlacedCommit => ({
    place,
    message,
    files,
    more: fileCount === undefined ? 0 : Math.max(0, fileCount - files.length),
  });
  return steps
    .flatMap(({ effects }) =>
      effects.flatMap((effect) => {
        if (effect.kind === 'commit') return placed(effect.repository, effect.commit);
        if (effect.kind !== 'push') return [];
        return effect.commits.map((commit) => placed(`${refText(effect.ref)} of ${effect.repository}`, commit));
      }),
    )
    .filter(({ files, more }) => files.length + more > 0);
}

function refText(ref: string): string {
  return ref.replace(/^refs\/heads\//, '').replace(/^refs\/tags\//, 'tag ');
}

/** Everything else that is known of an effect, as text; undefined if its sentence says all. */
export function detailOf(effect: PreviewEffect): string | undefined {
  const lines = ((): string[] => {
    switch (effect.kind) {
      case 'commit':
        return [effect.commit.message];
      case 'push':
        return [
          ...(effect.from === undefined ? [] : [`now at ${effect.from}`]),
          ...(effect.tree === undefined ? [] : [`then with the tree ${effect.tree}`]),
          ...effect.commits.map(({ message }) => message),
        ];
      case 'pullRequest':
        return [effect.body];
      case 'http':
        return [...Object.entries(effect.headers ?? {}).map(([name, value]) => `${name}: ${value}`), effect.body ?? ''];
      case 'resource':
        return effect.change === undefined ? [] : [JSON.stringify(effect.change, null, 2)];
      case 'artifact':
      case 'other':
        return [];
    }
  })().filter((line) => line.trim() !== '');
  return lines.length === 0 ? undefined : lines.join('\n');
}

/** What an effect is, as a sentence for people. */
export function sentenceOf(effect: PreviewEffect): string {
  switch (effect.kind) {
    case 'commit':
      return `Commit to ${effect.repository}: ${effect.commit.message.split('\n')[0] ?? ''}`;
    case 'push': {
      const ref = effect.ref.replace(/^refs\/heads\//, '').replace(/^refs\/tags\//, 'tag ');
      if (effect.tree === undefined) return `Delete ${ref} of ${effect.repository}`;
      const commits = effect.commitCount === 1 ? 'one commit' : `${effect.commitCount} commits`;
      const how = effect.forced ? 'overwriting what is there' : effect.from === undefined ? 'which is created' : '';
      return `Push ${commits} to ${ref} of ${effect.repository}${how === '' ? '' : `, ${how}`}`;
    }
    case 'pullRequest':
      return `Open ${effect.draft === true ? 'a draft of a pull request' : 'a pull request'} from ${effect.source} to ${effect.target}: ${effect.title}`;
    case 'http':
      return `${effect.method} ${effect.url} (${effect.size} bytes)`;
    case 'resource': {
      const { kind, namespace, name } = effect.resource;
      return `${effect.verb[0]?.toUpperCase()}${effect.verb.slice(1)} ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
    }
    case 'artifact':
      return `Push ${effect.reference}`;
    case 'other':
      return effect.description;
  }
}
