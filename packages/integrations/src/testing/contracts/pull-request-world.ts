import type { PullRequestRepository, PullRequests } from '../../pull-requests/port.ts';

/** Somebody else at the provider, who sees and changes everything. */
export interface PullRequestWorld {
  pullRequests: PullRequests;
  /** With branches `main` and `kargo/promotion/x`, whose head is `head`. */
  repository: PullRequestRepository;
  head: string;
  /** A repository that does not exist at the same provider. */
  absent: PullRequestRepository;
  /** Whom one can ask for a review. */
  reviewer: string;
  /** A label that is known. */
  label: string;
  seen(number: number): {
    title: string;
    description: string;
    source: string;
    target: string;
    labels: string[];
    draft: boolean;
    reviewers: string[];
    comments: string[];
    method?: string | undefined;
  };
  close(number: number): void;
  /** Merges behind the back. Returns the commit. */
  mergeElsewhere(number: number): string;
  hinder(number: number, hindrance: 'draft' | 'conflict' | 'checking' | 'policy' | undefined): void;
  /** The commit that the pull request was merged as. */
  mergeCommit(number: number): string | undefined;
  /** Changes made at the provider so far. */
  writes(): number;
  methods: readonly string[];
  /** What a conflict and a policy lead to. */
  whenConflict: 'notReady' | 'refused';
  whenPolicy: 'notReady' | 'refused';
  hasLabels: boolean;
  dispose(): Promise<void>;
}

/** The branch with the changes. */
export const SOURCE = 'kargo/promotion/x';
