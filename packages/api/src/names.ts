/** Names of labels, annotations, finalizers and condition types: the vocabulary of v1alpha1. */

export const FINALIZER = 'kargo.akuity.io/finalizer';

export const labels = {
  alias: 'kargo.akuity.io/alias',
  credType: 'kargo.akuity.io/cred-type',
  stage: 'kargo.akuity.io/stage',
  freightCollection: 'kargo.akuity.io/freight-collection',
  project: 'kargo.akuity.io/project',
  shard: 'kargo.akuity.io/shard',
  controller: 'kargo.akuity.io/controller',
  receiver: 'kargo.akuity.io/receiver',
  replicatedFrom: 'kargo.akuity.io/replicated-from',
  replicatedSha: 'kargo.akuity.io/replicated-sha',
  systemRole: 'rbac.kargo.akuity.io/system-role',
  apiToken: 'rbac.kargo.akuity.io/api-token',
  analysisControllerInstanceID: 'argo-rollouts.argoproj.io/controller-instance-id',
} as const;

export const annotations = {
  refresh: 'kargo.akuity.io/refresh',
  reverify: 'kargo.akuity.io/reverify',
  abort: 'kargo.akuity.io/abort',
  createActor: 'kargo.akuity.io/create-actor',
  /** On Freight of whose creation people are told: who made it. */
  freightCreator: 'kargo.akuity.io/freight-creator',
  plan: 'kargo.akuity.io/plan',
  autoPromotionHold: 'kargo.akuity.io/auto-promotion-hold',
  autoPromotionResume: 'kargo.akuity.io/auto-promotion-resume',
  description: 'kargo.akuity.io/description',
  stage: 'kargo.akuity.io/stage',
  promotion: 'kargo.akuity.io/promotion',
  argoCDContext: 'kargo.akuity.io/argocd-context',
  authorizedStage: 'kargo.akuity.io/authorized-stage',
  keepNamespace: 'kargo.akuity.io/keep-namespace',
  rollback: 'kargo.akuity.io/rollback',
  migrated: 'kargo.akuity.io/migrated',
  replicateTo: 'kargo.akuity.io/replicate-to',
  replicatedAt: 'kargo.akuity.io/replicated-at',
  githubTokenScopes: 'kargo.akuity.io/github-token-scopes',
  color: 'kargo.akuity.io/color',
  rbacManaged: 'rbac.kargo.akuity.io/managed',
  rbacClaims: 'rbac.kargo.akuity.io/claims',
  argoCDRefresh: 'argocd.argoproj.io/refresh',
} as const;

/** What annotations of Kubernetes events about Kargo's objects begin with. */
export const EVENT_ANNOTATION_PREFIX = 'event.kargo.akuity.io/';
/** What legacy annotations with the values of one claim begin with. */
export const CLAIM_ANNOTATION_PREFIX = 'rbac.kargo.akuity.io/claim.';
