import type { ApiObject } from '../client/objects.ts';
import type { OutputFormat } from './format.ts';

type TemplateFormat = Extract<OutputFormat, { template: string }>;

/**
 * Prints objects through a template. The template sees the List where there are several objects; a JSONPath that selects nothing
 * in the List is meant for its items, and is evaluated on each. Fails with `ParseError`.
 */
export async function printTemplate(
  whole: object,
  items: readonly ApiObject[],
  format: TemplateFormat,
  allowMissingKeys: boolean,
): Promise<string> {
  const { compileGoTemplate, compileJSONPath } = await import('@kargo/gocompat');
  if (format.kind === 'go-template') return compileGoTemplate(format.template, { allowMissingKeys }).print(whole);
  const path = compileJSONPath(format.template, { allowMissingKeys });
  const asJSON = format.kind === 'jsonpath-as-json';
  const isBare = whole === items[0];
  if (isBare || items.length === 0 || path.selects(whole)) return asJSON ? path.printJSON(whole) : path.print(whole);
  return asJSON ? path.printJSONOfEach(items) : joined(items.map((item) => path.print(item)));
}

/** Outputs of several objects stand apart by a blank, unless the template ends each with one of its own. */
function joined(outputs: readonly string[]): string {
  return outputs
    .filter((output) => output !== '')
    .map((output, i, all) => (i === all.length - 1 || /\s$/.test(output) ? output : `${output} `))
    .join('');
}
