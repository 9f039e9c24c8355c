import type { Json } from '@kargo/api';

/** Codes of findings in steps. */
export type StepFindingCode =
  | 'unknown-step'
  | 'invalid-config'
  | 'invalid-expression'
  | 'unknown-variable'
  | 'unknown-output'
  | 'wrong-type'
  | 'invalid-condition'
  | 'invalid-timeout'
  | 'never-runs';

/** Something about the steps of a process that cannot be meant, or will not work. */
export interface StepFinding {
  code: StepFindingCode;
  /** `error`: it cannot be meant. `warning`: it may be meant. */
  severity: 'error' | 'warning';
  /** Whether what it is about fails whenever it is used, whatever the promotion: servers refuse that. */
  certain: boolean;
  /** Keys and indexes that lead to it: `['steps', 0, 'config', 'path']`. */
  path: readonly (string | number)[];
  /** Whether it is about the key that the path ends in, not about its value. */
  atKey?: boolean | undefined;
  /** Whether what the path leads to is missing. */
  missing?: boolean | undefined;
  /** Where in the text at `path`, in UTF-16 units. */
  offset?: number | undefined;
  message: string;
  /** What to do, if that is known. */
  suggestion?: string | undefined;
  /** What was found; absent if nothing was. */
  value?: Json | undefined;
  /** The name that is not known, and those that are: of very many, the first ones. */
  unknown?: { name: string; known: readonly string[] } | undefined;
}

/** A path as Kubernetes writes it: `steps[0].config["a.b"]`. */
export function fieldPath(path: readonly (string | number)[]): string {
  return path
    .map((part, index) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[\w-]+$/.test(part)
          ? `${index === 0 ? '' : '.'}${part}`
          : `[${JSON.stringify(part)}]`,
    )
    .join('');
}
