import type { Kind } from '../kind.ts';
import { AppProject } from './app-project.ts';
import { AnalysisRun, AnalysisTemplate, ClusterAnalysisTemplate } from './analysis.ts';
import { Application } from './application.ts';
import { ClusterConfig } from './cluster-config.ts';
import { coreKinds } from './core.ts';
import { Freight } from './freight.ts';
import { Project, ProjectConfig } from './project.ts';
import { PromotionRequest, Target } from './promotion-request.ts';
import { ClusterPromotionTask, PromotionTask } from './promotion-task.ts';
import { Promotion } from './promotion.ts';
import { Stage } from './stage.ts';
import { Warehouse } from './warehouse.ts';
import { WebhookDelivery } from './webhook-delivery.ts';

/** Kargo's own kinds, in the order in which documentation lists them. */
export const kargoKinds: readonly Kind[] = [
  Project,
  ProjectConfig,
  Warehouse,
  Freight,
  Stage,
  Promotion,
  PromotionTask,
  ClusterPromotionTask,
  ClusterConfig,
  PromotionRequest,
  Target,
  WebhookDelivery,
];

/** Kinds of Argo Rollouts and Argo CD that Kargo works with. */
export const argoKinds: readonly Kind[] = [AnalysisTemplate, ClusterAnalysisTemplate, AnalysisRun, Application, AppProject];

/** Every kind the embedded API serves. */
export const allKinds: readonly Kind[] = [...kargoKinds, ...argoKinds, ...coreKinds];
