import type { Promotion } from '@kargo/api';
import { ENDS, type Look } from './state.ts';

export interface StepView {
  /** The name the server knows the step by: its own, else its place counted from 1. */
  alias: string;
  /** What it is called for people. */
  name: string;
  uses: string;
  look: Look;
  message: string | undefined;
  startedAt: string | undefined;
  finishedAt: string | undefined;
  errors: number;
  config: unknown;
  output: unknown;
}

const LOOKS: Readonly<Record<string, Look>> = {
  ...ENDS,
  Running: { shape: 'promoting', tone: 'run', word: 'Running' },
  Skipped: { shape: 'skipped', tone: 'idle', word: 'Skipped' },
};
const NOT_STARTED: Look = { shape: 'pending', tone: 'idle', word: 'Not started' };

/** The steps of a promotion with what became of each so far. */
export function stepsOf({ spec, status }: Promotion): StepView[] {
  return spec.steps.map((step, index) => {
    const alias = step.as === undefined || step.as === '' ? `step-${index + 1}` : step.as;
    const entry = status?.stepExecutionMetadata?.find((candidate) => candidate.alias === alias);
    const uses = step.uses ?? step.task?.name ?? '';
    const word = entry?.status ?? (entry?.startedAt === undefined ? undefined : 'Running');
    return {
      alias,
      // Steps without a name are given their places as names when a promotion is created.
      name: alias === `step-${index + 1}` ? uses : alias,
      uses,
      look: word === undefined ? NOT_STARTED : (LOOKS[word] ?? { shape: 'unknown', tone: 'idle', word }),
      message: entry?.message === '' ? undefined : entry?.message,
      startedAt: entry?.startedAt,
      finishedAt: entry?.finishedAt,
      errors: entry?.errorCount ?? 0,
      config: step.config,
      output: status?.state?.[alias],
    };
  });
}

/** The step one wants to see first: what went wrong, else what runs, else the last that did anything. */
export function mostTelling(steps: readonly StepView[]): StepView | undefined {
  return (
    steps.find(({ look }) => look.tone === 'bad') ??
    steps.find(({ look }) => look.word === 'Running') ??
    steps.findLast(({ look }) => look.word !== 'Not started' && look.word !== 'Skipped') ??
    steps[0]
  );
}

/** Web addresses among the outputs of a step, for buttons. Other schemes are left out. */
export function linksIn(output: unknown): { name: string; url: string }[] {
  if (typeof output !== 'object' || output === null) return [];
  return Object.entries(output).flatMap(([name, value]): { name: string; url: string }[] => {
    if (typeof value === 'string') return /^https?:\/\/\S+$/.test(value) ? [{ name, url: value }] : [];
    return linksIn(value).map((link) => ({ ...link, name: `${name} ${link.name}` }));
  });
}

/** Milliseconds as people say them. */
export function durationText(ms: number): string {
  if (ms < 0) return '0 s';
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
