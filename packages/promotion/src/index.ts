/** The promotion engine and its steps. */
export { stepComputations } from './computations/compute.ts';
export * from './config/validate.ts';
export * from './context/argument-expressions.ts';
export { artifactFunctions } from './context/artifact-functions.ts';
export { evaluateInStep, stepExpressions, type ExpressionsOptions } from './context/expressions.ts';
export * from './context/scope.ts';
export { semverFunctions } from './context/semver-functions.ts';
export * from './engine/engine.ts';
export * from './engine/json.ts';
export * from './engine/outcome.ts';
export * from './engine/plan.ts';
export * from './engine/status.ts';
export * from './freight/find-artifact.ts';
export * from './freight/warehouses.ts';
export * from './health/application.ts';
export * from './health/checks.ts';
export * from './health/refresh.ts';
export * from './health/report.ts';
export * from './logs/file-step-logs.ts';
export * from './logs/port.ts';
export * from './logs/step-log.ts';
export type { PromotionRun, RunEnd } from './promotion-run.ts';
export * from './runner.ts';
export * from './step.ts';
export { getDependencies as getChartDependencies } from './steps/helm-update-chart/dependencies.ts';
export * from './steps/registry.ts';
export { unpackArchive, type UnpackRequest } from './steps/untar/untar.ts';
export { basisDifferences } from './preview/basis.ts';
export * from './preview/document.ts';
export { planAnnotation } from './preview/planned.ts';
export {
  promotionPreviewer,
  type PreviewDeps,
  type PreviewRequest,
  type PromotionPreviewer,
} from './preview/preview-promotion.ts';
export { fileDiff, unifiedDiff } from './preview/unified-diff.ts';
export { StepChecker, type Process } from './lint/check-steps.ts';
export * from './lint/finding.ts';
export { suggestionFor } from './lint/suggestion.ts';
