/** Codes of findings in steps. */
export type StepFindingCode =
  | 'unknown-step'
  | 'invalid-config'
  | 'invalid-expression'
  | 'unknown-variable'
  | 'unknown-output'
  | 'invalid-condition'
  | 'invalid-timeout'
  | 'never-runs';

/** Something about the steps of a process that cannot be meant, or will not work. */
export interface StepFinding {
  code: StepFindingCode;
  /** `error`: it will fail, whenever it runs. `warning`: it may be meant. */
  severity: 'error' | 'warning';
  /** Keys and indexes that lead to it: `['steps', 0, 'config', 'path']`. */
  path: readonly (string | number)[];
  /** Where in the text at `path`, in UTF-16 units. */
  offset?: number | undefined;
  message: string;
  /** What to do, if that is known. */
  suggestion?: string | undefined;
}
