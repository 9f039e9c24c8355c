/** What a preview tells. Plain JSON: the REST API answers with it and plans keep it. */
import type { Json } from '@kargo/api';

/** A file that a commit would change. */
export interface PreviewFile {
  path: string;
  change: 'added' | 'modified' | 'deleted';
  /** Unified diff without headers. Absent for binary files. */
  diff?: string | undefined;
  binary?: boolean | undefined;
  /** The diff was cut off. */
  truncated?: boolean | undefined;
}

export interface PreviewCommit {
  /** The tree is exactly the one that will be committed. */
  tree: string;
  /** Differs from that of the real commit, as the date is part of it. */
  id: string;
  author: string;
  message: string;
  /** Absent where the same commit is described in an earlier step. */
  files?: PreviewFile[] | undefined;
  /** How many files there are, if not all are listed. */
  fileCount?: number | undefined;
}

/** One thing a step would do to the world outside of its workspace, or in preparation of it. */
export type PreviewEffect =
  | { kind: 'commit'; repository: string; commit: PreviewCommit }
  | {
      kind: 'push';
      repository: string;
      /** Full name: `refs/heads/…`, `refs/tags/…`. */
      ref: string;
      /** Where the reference is now; absent if it would be created. */
      from?: string | undefined;
      /** Tree the reference would lead to; absent if it would be deleted. */
      tree?: string | undefined;
      forced: boolean;
      commits: PreviewCommit[];
      commitCount: number;
    }
  | {
      kind: 'pullRequest';
      repository: string;
      title: string;
      body: string;
      source: string;
      target: string;
      draft?: boolean | undefined;
    }
  | {
      kind: 'http';
      method: string;
      /** Without user information and query. */
      url: string;
      headers: Record<string, string>;
      body?: string | undefined;
      /** Bytes of the body. */
      size: number;
    }
  | {
      kind: 'resource';
      verb: 'create' | 'update' | 'patch' | 'delete';
      resource: { apiVersion: string; kind: string; namespace?: string | undefined; name: string };
      /** Of updates and patches, the merge patch that they amount to; of creations, the object. */
      change?: Json | undefined;
    }
  | { kind: 'artifact'; reference: string }
  /** Anything else that would reach the world outside, in words. */
  | { kind: 'other'; description: string };

/**
 * `Succeeds` and `Skipped` are certain. `Waits`: begins, then waits for something outside, and is taken to succeed. `Fails`: would fail
 * now. `Unknown`: depends on what only running tells.
 */
export type PreviewOutcome = 'Succeeds' | 'Skipped' | 'Waits' | 'Fails' | 'Unknown';

export interface PreviewStep {
  alias: string;
  uses: string;
  outcome: PreviewOutcome;
  /** Why it would fail, what it would wait for, what the step says. */
  message?: string | undefined;
  /** What cannot be known before, each as a sentence. */
  unknown?: string[] | undefined;
  /** What the step would put out, as far as it is known. */
  output?: Json | undefined;
  effects: PreviewEffect[];
}

/** A resource that is rendered otherwise than before, in what would be pushed. */
export interface PreviewManifest {
  repository: string;
  ref: string;
  path: string;
  apiVersion: string;
  kind: string;
  namespace?: string | undefined;
  name: string;
  change: 'added' | 'modified' | 'deleted';
  diff: string;
  truncated?: boolean | undefined;
}

/** Something that would keep a promotion from starting or going on now. */
export interface PreviewGate {
  code: string;
  message: string;
  /** Whether it keeps the promotion from running, or is only worth knowing. */
  blocking: boolean;
  /** Until when, if time alone opens it. RFC 3339. */
  until?: string | undefined;
}

/** What a preview stands on. Two previews with equal bases would do the same. */
export interface PreviewBasis {
  version: 1;
  project: string;
  stage: string;
  /** Name of the Freight. */
  freight: string;
  /** SHA-256 of the process: steps, variables and the whole collection of Freight. */
  process: string;
  /** Heads of the branches (and tags) that were checked out or would be pushed to; no commit: there is none. */
  heads: { repository: string; ref: string; commit?: string | undefined }[];
  /** Trees that would be pushed, by repository and reference; of one reference in the order of the pushes. */
  trees: { repository: string; ref: string; tree?: string | undefined }[];
  /** SHA-256 of everything that would be done. */
  effects: string;
  /** Digests of the pull requests, HTTP requests and changes of Argo CD Applications, by step and what they are about. */
  requests?: { step: string; subject: string; digest: string }[] | undefined;
  /** Aliases of steps that may ask for more than is known: they wait, or go on from answers that nobody knows yet. */
  open?: string[] | undefined;
}

export const PREVIEW_API_VERSION = 'kargo.akuity.io/v1alpha1';
export const PREVIEW_KIND = 'PromotionPreview';

/** What a promotion would do if it ran now. */
export interface PromotionPreview {
  apiVersion: typeof PREVIEW_API_VERSION;
  kind: typeof PREVIEW_KIND;
  project: string;
  stage: string;
  freight: { name: string; alias?: string | undefined };
  /** RFC 3339. */
  generatedAt: string;
  outcome: PreviewOutcome;
  message?: string | undefined;
  gates: PreviewGate[];
  steps: PreviewStep[];
  manifests: PreviewManifest[];
  basis: PreviewBasis;
}
