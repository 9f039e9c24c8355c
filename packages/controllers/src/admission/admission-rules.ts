import type { AdmissionRules } from '@kargo/kube';
import { analysisTemplateRules, clusterAnalysisTemplateRules } from './analysis-template.ts';
import type { AdmissionDeps } from './deps.ts';
import { freightRules } from './freight.ts';
import { clusterConfigRules, projectConfigRules } from './project-config.ts';
import { projectRules } from './project.ts';
import { promotionRequestRules } from './promotion-request.ts';
import { clusterPromotionTaskRules, promotionTaskRules } from './promotion-task.ts';
import { promotionRules } from './promotion.ts';
import { stageRules } from './stage.ts';
import { warehouseRules } from './warehouse.ts';

/** The rules of all kinds of Kargo: in force inside the embedded API, and as webhooks on a cluster. */
export function admissionRules(deps: AdmissionDeps): readonly AdmissionRules[] {
  // Rules of one kind only ever see objects of that kind.
  return [
    projectRules(deps),
    projectConfigRules(deps),
    clusterConfigRules(),
    warehouseRules(deps),
    freightRules(deps),
    stageRules(deps),
    promotionTaskRules(deps),
    clusterPromotionTaskRules(deps),
    promotionRules(deps),
    promotionRequestRules(deps),
    analysisTemplateRules(deps),
    clusterAnalysisTemplateRules(deps),
  ] as unknown as readonly AdmissionRules[];
}
