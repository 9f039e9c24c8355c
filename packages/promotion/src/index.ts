/** The promotion engine and its steps. */
export * from './step.ts';
