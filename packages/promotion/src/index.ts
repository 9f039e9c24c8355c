/** The promotion engine and its steps. */
export * from './engine/engine.ts';
export * from './engine/json.ts';
export * from './engine/outcome.ts';
export * from './engine/plan.ts';
export * from './engine/status.ts';
export * from './health/application.ts';
export * from './health/checks.ts';
export * from './health/report.ts';
export * from './step.ts';
