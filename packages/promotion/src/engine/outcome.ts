import { STEP_STATUSES, type HealthCheck, type Json, type StepStatus } from '@kargo/api';
import { GitError, ProcessError, PullRequestError, RegistryError } from '@kargo/integrations';
import { TerminalStepError, type StepResult } from '../step.ts';
import { JsonTooLargeError, toJsonObject } from './json.ts';
import type { StepPlan } from './plan.ts';

/** What one attempt of a step came to. Everything in it is plain JSON. */
export interface Outcome {
  /** As the step reported it; `invalid` when that was none of the six values. */
  status: StepStatus | 'invalid';
  message?: string | undefined;
  output?: Record<string, Json> | undefined;
  healthCheck?: HealthCheck | undefined;
  healthCheckCommits?: Readonly<Record<string, string>> | undefined;
  waitingFor?: string | undefined;
  retryAfter?: number | undefined;
  error?: { message: string; terminal: boolean; outage?: boolean | undefined } | undefined;
  /** The attempt was stopped because the step's time was over. */
  timedOut?: boolean | undefined;
}

const OUTAGE_CODES: ReadonlySet<string> = new Set(['unreachable', 'timeout', 'rateLimited']);

const statuses: ReadonlySet<string> = new Set(STEP_STATUSES);

/** Bytes that the outputs of all steps of a promotion may take together: they are kept in its status, and Kubernetes stores no more. */
export const MAX_OUTPUTS: number = 1024 * 1024;
/** Characters of a message; what is beyond is cut off. */
const MAX_MESSAGE = 16 * 1024;

/**
 * The outcome of an attempt that returned. A step that reports failure without throwing has failed all the same, and so has one that puts out
 * more than `room` bytes, for good.
 */
export function outcomeOfResult(plan: StepPlan, result: StepResult, room: number = MAX_OUTPUTS): Outcome {
  if (!statuses.has(result.status))
    return { status: 'invalid', message: `step "${plan.alias}" returned an invalid status: ${String(result.status)}` };
  let output: Outcome['output'];
  try {
    output = result.output === undefined ? undefined : toJsonObject(result.output, room);
  } catch (error) {
    return { status: 'Errored', error: { message: outputProblem(plan, error, room), terminal: true } };
  }
  const outcome: Outcome = {
    status: result.status,
    message: result.message === undefined ? undefined : shortened(result.message),
    output,
    healthCheck: result.healthCheck,
    healthCheckCommits: result.healthCheckCommits,
    waitingFor: result.waitingFor,
    retryAfter: result.retryAfter,
  };
  if (result.status === 'Succeeded' || result.status === 'Skipped' || result.status === 'Running') return outcome;
  const verb = result.status === 'Errored' ? 'errored' : result.status === 'Failed' ? 'failed' : 'was aborted';
  const why = outcome.message === undefined || outcome.message === '' ? 'no details provided' : outcome.message;
  return { ...outcome, error: { message: `step "${plan.alias}" ${verb}: ${why}`, terminal: false } };
}

/** The outcome of an attempt that threw. Its output is what an error for good brings along, if anything. */
export function outcomeOfError(plan: StepPlan, error: unknown): Outcome {
  const text = shortened(error instanceof Error ? error.message : String(error));
  const terminal = terminalCause(error);
  const status = terminal?.status ?? 'Errored';
  const programmer = terminal === undefined && isProgrammerError(error);
  if (programmer) return { status: 'Errored', error: { message: `step panicked: ${text}`, terminal: true } };
  const prefix = status === 'Errored' ? `error running step "${plan.alias}"` : `step "${plan.alias}"`;
  const output = terminal?.output === undefined ? undefined : outputIfSmall(terminal.output);
  return {
    status,
    ...(output === undefined ? {} : { output }),
    error: { message: `${prefix}: ${text}`, terminal: terminal !== undefined, ...(isOutage(error) ? { outage: true } : {}) },
  };
}

/** The outcome of an attempt that never began because its context could not be built. Counts as an attempt like any other. */
export function outcomeOfContextError(error: unknown): Outcome {
  const text = shortened(error instanceof Error ? error.message : String(error));
  const terminal = terminalCause(error);
  if (terminal !== undefined) return { status: terminal.status, error: { message: text, terminal: true } };
  return {
    status: 'Errored',
    error: { message: `failed to build step context: failed to get step config: ${text}`, terminal: false },
  };
}

function outputProblem({ alias }: StepPlan, error: unknown, room: number): string {
  if (!(error instanceof JsonTooLargeError))
    return `the output of step "${alias}" is no JSON: ${error instanceof Error ? error.message : String(error)}`;
  const all = `the outputs of a promotion may take ${MAX_OUTPUTS / 1024} KiB together`;
  const left = room < MAX_OUTPUTS ? `, of which ${Math.max(0, Math.floor(room / 1024))} KiB are left` : '';
  return `the output of step "${alias}" is too large: ${all}${left}; put out less, and keep large content in files of the workspace`;
}

function outputIfSmall(output: Readonly<Record<string, Json>>): Record<string, Json> | undefined {
  try {
    return toJsonObject(output, MAX_OUTPUTS);
  } catch {
    // What failed is more important than what it leaves behind.
    return undefined;
  }
}

function shortened(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}… (${text.length} characters in all)`;
}

/** Whether a server, or this machine, could not be reached or was too busy: nothing is wrong with the step, and waiting may help. */
function isOutage(error: unknown): boolean {
  if (
    (error instanceof GitError || error instanceof RegistryError || error instanceof PullRequestError) &&
    OUTAGE_CODES.has(error.code)
  )
    return true;
  // This machine itself could not run a program: too little memory, or what starts programs had to be replaced.
  for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth++)
    if (current instanceof ProcessError && current.code === 'unavailable') return true;
  return false;
}

function terminalCause(error: unknown): TerminalStepError | undefined {
  for (let current = error, depth = 0; current instanceof Error && depth < 10; current = current.cause, depth++)
    if (current instanceof TerminalStepError) return current;
  return undefined;
}

function isProgrammerError(error: unknown): boolean {
  return (
    error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError || !(error instanceof Error)
  );
}
