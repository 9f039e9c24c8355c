/** The analysis engine, its providers and the executors of Jobs. */
export * from './conditions/conditions.ts';
export * from './egress.ts';
export * from './engine/arguments.ts';
export * from './engine/assess.ts';
export * from './engine/limits.ts';
export * from './engine/pass.ts';
export * from './engine/phases.ts';
export { planOf, planWarnings, type Plan } from './engine/plan.ts';
export * from './engine/validate.ts';
export * from './jobs/container-executor.ts';
export * from './jobs/executor.ts';
export * from './jobs/lifecycle.ts';
export * from './jobs/local-process-executor.ts';
export * from './jobs/pod.ts';
export * from './provider.ts';
export * from './providers/index.ts';
export { METRIC_ANNOTATION, RUN_UID_LABEL } from './providers/job/job.ts';
export * from './redact.ts';
