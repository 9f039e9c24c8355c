/** What expressions see of an answer. */
import type { Json } from '@kargo/api';
import { hostFunction, type Value } from '@kargo/expr';
import type { HttpResponse } from '@kargo/integrations';
import { parseDocument } from 'yaml';
import { toJson } from '../../engine/json.ts';

const YAML_TYPES: ReadonlySet<string> = new Set(['application/yaml', 'text/yaml', 'application/x-yaml']);

/**
 * The variables of expressions about an answer: `response` with `status`, `headers` (lists by name), `header(name)` (the first value)
 * and `body`, which is read as `contentType` says, else as the answer does. Fails if the body is not what it is said to be.
 */
export function responseEnvironment(answer: HttpResponse, contentType: string | undefined): Record<string, Value> {
  const headers = valuesOf(answer);
  return {
    response: {
      status: BigInt(answer.status),
      headers: Object.fromEntries(Object.entries(headers).map(([name, values]) => [canonical(name), [...values]])),
      header: hostFunction('header', { params: ['string'], result: 'string' }, ([name]) => {
        return headers[String(name).toLowerCase()]?.[0] ?? '';
      }),
      body: parseBody(answer.body, contentType ?? headers['content-type']?.[0] ?? ''),
    },
  };
}

function valuesOf({ headers, headerValues }: HttpResponse): Record<string, readonly string[]> {
  return { ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])), ...headerValues };
}

/** As HTTP/1 writes names of headers: `content-type` is `Content-Type`. */
function canonical(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());
}

function parseBody(body: Uint8Array, contentType: string): Json {
  if (body.length === 0) return {};
  const text = Buffer.from(body).toString('utf8');
  const mediaType = contentType.split(';')[0]!.trim().toLowerCase();
  if (mediaType === 'text/plain') return text;
  if (YAML_TYPES.has(mediaType)) return parsedYAML(text);
  const parsed = parsedJSON(text);
  if (!(parsed instanceof SyntaxError)) return parsed;
  if (mediaType !== 'application/json') return {};
  throw new Error(`the body of the answer is not the JSON it is said to be: ${parsed.message}`, { cause: parsed });
}

function parsedJSON(text: string): Json | SyntaxError {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return error;
    throw error;
  }
}

function parsedYAML(text: string): Json {
  const document = parseDocument(text, { logLevel: 'silent' });
  const why = document.errors[0]?.message;
  if (why !== undefined) throw new Error(`the body of the answer is not the YAML it is said to be: ${why}`);
  try {
    return toJson((document.toJS() as unknown) ?? {});
  } catch (error) {
    // How the parser tells of aliases that multiply.
    if (!(error instanceof ReferenceError)) throw error;
    throw new Error(`the YAML in the body of the answer cannot be used: ${error.message}`, { cause: error });
  }
}
