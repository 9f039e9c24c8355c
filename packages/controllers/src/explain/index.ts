export * from './explanation.ts';
export { explainFreight } from './explain-freight.ts';
export { explainPromotion, type PromotionFacts } from './explain-promotion.ts';
export { explainStage, type StageFacts } from './explain-stage.ts';
export { explainWarehouse } from './explain-warehouse.ts';
export type { Exists } from './missing-upstream.ts';
