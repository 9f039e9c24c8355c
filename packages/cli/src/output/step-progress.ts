import { styleText } from 'node:util';
import { textAt, valueAt } from '../client/objects.ts';
import type { ApiObject } from '../client/objects.ts';
import type { CLIIO } from '../io.ts';

type Style = Parameters<typeof styleText>[0];

const STYLES: Readonly<Record<string, Style>> = {
  Running: 'cyan',
  Succeeded: 'green',
  Skipped: 'dim',
  Failed: 'red',
  Errored: 'red',
  Aborted: 'yellow',
};

/**
 * Tells a person at the terminal, on standard error, how the steps of a Promotion go on: a line whenever a step begins or ends, or the reason
 * for waiting changes. Says nothing where nobody watches. `name` is put before each line where several Promotions are told of.
 */
export function stepProgress(io: CLIIO, name?: string): (promotion: ApiObject) => void {
  if (!io.isTTY) return () => undefined;
  const seen = new Map<string, string>();
  let reason = '';
  const say = (text: string): void => void io.stderr.write(`${name === undefined ? '' : `${name}: `}${text}\n`);
  return (promotion) => {
    const steps = listAt(promotion, 'spec', 'steps');
    const entries = listAt(promotion, 'status', 'stepExecutionMetadata');
    entries.forEach((entry, i) => {
      const alias = textAt(entry, 'alias');
      const status = textAt(entry, 'status');
      const message = textAt(entry, 'message');
      const line = `${status}${message === '' ? '' : `: ${firstLine(message)}`}`;
      if (seen.get(alias) === line) return;
      seen.set(alias, line);
      const place = `[${i + 1}/${Math.max(steps.length, i + 1)}]`;
      say(`${place} ${alias} ${styleText(STYLES[status] ?? 'reset', line)}${tookText(entry)}`);
    });
    const waiting = entries.length === 0 ? textAt(promotion, 'status', 'message') : '';
    if (waiting !== '' && waiting !== reason) say(styleText('dim', firstLine(waiting)));
    reason = waiting;
  };
}

function tookText(entry: unknown): string {
  const took = Date.parse(textAt(entry, 'finishedAt')) - Date.parse(textAt(entry, 'startedAt'));
  return Number.isNaN(took) || took < 1000 ? '' : styleText('dim', ` (${Math.round(took / 1000)}s)`);
}

function listAt(object: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = valueAt(object, ...path);
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The first line, without what could steer a terminal. */
function firstLine(text: string): string {
  return (text.split('\n')[0] ?? '').replaceAll(/\p{Cc}/gu, ' ');
}
