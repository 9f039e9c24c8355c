/** What would have reached the world outside, without anything secret. */
export type RecordedEffect =
  | { kind: 'gitPush'; url: string; branch: string; commit: string; force: boolean }
  | { kind: 'gitCreateBranch'; url: string; branch: string; commit: string }
  | { kind: 'gitPushTag'; url: string; tag: string; commit: string }
  | { kind: 'gitPushRef'; url: string; ref: string; commit: string }
  | {
      kind: 'registryPush';
      repository: string;
      /** Tag, or the digest itself. */
      reference: string;
      digest: string;
      mediaType: string;
    }
  | {
      kind: 'pullRequest';
      url: string;
      sourceBranch: string;
      targetBranch: string;
      title: string;
      description: string;
      labels: readonly string[];
    }
  | { kind: 'mergePullRequest'; url: string; number: number; method?: string }
  | {
      kind: 'http';
      method: string;
      /** Without query and user information. */
      url: string;
      /** Bytes of the body. */
      size: number;
    };

/** Takes down what was not done. */
export type Recorder = (effect: RecordedEffect) => void;
