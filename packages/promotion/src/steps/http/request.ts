/** What the steps that send HTTP requests have in common. */
import { TerminalStepError, type ConfigSchema } from '../../step.ts';
import { list, object, text } from '../schema.ts';

export interface NamedValue {
  name: string;
  value: string;
}

export const headersSchema: ConfigSchema = list(
  object({ name: text('Name of the header.'), value: text('Value of the header.') }, ['name', 'value']),
  'Headers to send.',
);

export const queryParamsSchema: ConfigSchema = list(
  object({ name: text('Name of the parameter.'), value: text('Value of the parameter.') }, ['name', 'value']),
  'Parameters to add to the query of the URL.',
);

/** The URL with the parameters added to its query. Not a URL: an error for good, which shows no more of it than it must. */
export function targetURL(url: string, params: readonly NamedValue[] = []): string {
  if (!URL.canParse(url))
    throw new TerminalStepError('url is not a URL; write it with scheme and host, e.g. https://example.com/x');
  const target = new URL(url);
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    throw new TerminalStepError(`url has the scheme ${target.protocol.slice(0, -1)}; only http and https can be used`);
  // Parameters that stand in the URL already are left as they are written.
  const added = new URLSearchParams(params.map(({ name, value }): [string, string] => [name, value])).toString();
  if (added !== '') target.search = target.search === '' ? added : `${target.search}&${added}`;
  return target.href;
}

/** Headers by lower-case name; values of the same name are put together with commas. */
export function headersOf(headers: readonly NamedValue[] = []): Record<string, string> {
  const out = new Map<string, string>();
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    const before = out.get(key);
    out.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return Object.fromEntries(out);
}

/** An address as people may see it: secrets live in user information and query. */
export function shownURL(address: string): string {
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}
