import { ParseError, parseDuration } from '@kargo/gocompat';
import { TerminalStepError, type ConfigSchema } from '../../step.ts';

/** A field for a duration like `1m30s`. Anchored, so that what the schema accepts can also be read. */
export function duration(description: string): ConfigSchema {
  return { type: 'string', description, pattern: String.raw`^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$` };
}

/** Milliseconds of a field made with {@link duration}; `standard` if it is absent. A duration that is out of range is an error for good. */
export function milliseconds(field: string, text: string | undefined, standard: number): number {
  if (text === undefined) return standard;
  try {
    return parseDuration(text);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new TerminalStepError(`${field} is not a usable duration: ${error.message}`, { cause: error });
  }
}
