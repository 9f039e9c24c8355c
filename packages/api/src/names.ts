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
} as const;

export const annotations = {
  refresh: 'kargo.akuity.io/refresh',
  reverify: 'kargo.akuity.io/reverify',
  abort: 'kargo.akuity.io/abort',
  createActor: 'kargo.akuity.io/create-actor',
  autoPromotionHold: 'kargo.akuity.io/auto-promotion-hold',
  autoPromotionResume: 'kargo.akuity.io/auto-promotion-resume',
  description: 'kargo.akuity.io/description',
  stage: 'kargo.akuity.io/stage',
  promotion: 'kargo.akuity.io/promotion',
  argoCDContext: 'kargo.akuity.io/argocd-context',
  authorizedStage: 'kargo.akuity.io/authorized-stage',
  keepNamespace: 'kargo.akuity.io/keep-namespace',
  rollback: 'kargo.akuity.io/rollback',
  argoCDRefresh: 'argocd.argoproj.io/refresh',
} as const;
