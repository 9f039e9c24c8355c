import { encodeJson } from '../values/encode-json.ts';
import { hostFunction, type HostFunction, type Signature } from '../host/function.ts';
import { quoteGo } from './quote-go.ts';
import { encodeYaml } from './yaml.ts';

const SIGNATURE: Signature = { params: ['any'], result: 'string' };

/**
 * The functions every template may use. `quote` makes the result of a template a string whatever it looks like, `unsafeQuote`
 * puts quotes around JSON as it stands, `asYAML` and `asJSON` write a value over several lines, also between quotes: the result of
 * a template that is nothing else is that text.
 */
export const QUOTING_FUNCTIONS: Readonly<Record<string, HostFunction>> = Object.freeze({
  quote: hostFunction('quote', SIGNATURE, ([value]) => (typeof value === 'string' ? quoteGo(value) : `"${encodeJson(value)}"`)),
  unsafeQuote: hostFunction('unsafeQuote', SIGNATURE, ([value]) => `"${encodeJson(value)}"`),
  asYAML: hostFunction('asYAML', SIGNATURE, ([value]) => `"${encodeYaml(value)}"`),
  asJSON: hostFunction('asJSON', SIGNATURE, ([value]) => `"${encodeJson(value, 2)}\n"`),
});

/** Names that an environment must not give a meaning of its own. */
export const FORBIDDEN_KEYS: readonly string[] = ['quote', 'unsafeQuote', 'asYAML', 'asJSON'];
