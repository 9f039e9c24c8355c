/**
 * What of objects the screens of a project do without. A project may have thousands of them, each with what its steps were told and
 * put out; panels that show such a thing ask for the one object in full.
 */
export const LEFT_OUT: readonly string[] = [
  '-metadata.managedFields',
  // What steps are told, and variables.
  '-spec.promotionTemplate.spec.steps.config',
  '-spec.promotionTemplate.spec.steps.vars',
  '-spec.promotionTemplate.spec.vars',
  '-spec.verification.args',
  '-spec.steps.config',
  '-spec.steps.vars',
  '-spec.vars',
  // What steps put out, and what else is known of promotions than how they stand.
  '-status.state',
  '-status.freightCollection',
  '-status.healthChecks',
  '-status.freight',
  '-status.stepExecutionMetadata',
  '-status.currentPromotion.status',
  '-status.currentPromotion.freight',
  '-status.lastPromotion.status.state',
  '-status.lastPromotion.status.freightCollection',
  '-status.lastPromotion.status.healthChecks',
  '-status.lastPromotion.status.freight',
  '-status.lastPromotion.status.stepExecutionMetadata',
  '-status.lastPromotion.freight.images',
  '-status.lastPromotion.freight.commits',
  '-status.lastPromotion.freight.charts',
  '-status.lastPromotion.freight.artifacts',
  '-status.processedPromotions',
  '-status.metadata',
  '-status.health.config',
  '-status.health.output',
  // What a warehouse found; its panel shows it.
  '-status.discoveredArtifacts.git',
  '-status.discoveredArtifacts.images',
  '-status.discoveredArtifacts.charts',
  '-status.discoveredArtifacts.results',
];
