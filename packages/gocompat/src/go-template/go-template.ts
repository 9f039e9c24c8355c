import { ParseError } from '../parse-error.ts';
import { execute } from './executor.ts';
import type { ExtraFunctions } from './nodes.ts';
import { parseGoTemplate } from './parser.ts';
import { GoTemplateError } from './template-error.ts';

/** A compiled Go template over JSON data. */
export interface GoTemplate {
  readonly template: string;
  /** What the template prints for the data. Fails with `ParseError`. */
  print(data: unknown): string;
}

/**
 * Compiles a Go text template with the functions that kubectl offers to templates. Fails with `ParseError`.
 * `functions` are further ones; what they throw as a `GoTemplateError` or `ParseError` is the template's failure.
 * Missing keys print `<no value>` unless `allowMissingKeys` is false, which makes them fail.
 */
export function compileGoTemplate(
  template: string,
  options: { allowMissingKeys?: boolean | undefined; functions?: ExtraFunctions | undefined } = {},
): GoTemplate {
  const { allowMissingKeys = true, functions } = options;
  const parsed = guarded(`error parsing template ${template}, `, () => parseGoTemplate(template, functions));
  return {
    template,
    print: (data) =>
      guarded(`error executing template ${JSON.stringify(template)}: `, () => execute(parsed, data, { allowMissingKeys })),
  };
}

function guarded<T>(prefix: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof GoTemplateError)) throw error;
    throw new ParseError('InvalidTemplate', `${prefix}${error.message}`, error);
  }
}
