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
  | { kind: 'http'; method: string; url: string; body?: string; size: number }
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
