import type { IncomingMessage } from 'node:http';
import { ApiError } from '@kargo/api';
import type { Clock } from '@kargo/kube';
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { isDeeperThan, MAX_DEPTH } from '../object/depth.ts';
import { indexPath } from '../schema/paths.ts';
import { scanJSON } from './json-scan.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf.ts';

/** The largest request body, in bytes: what Kubernetes accepts. */
export const MAX_BODY = 3 * 1024 * 1024;
/** The largest body in YAML, in bytes: reading it takes much longer than JSON of the same size, and nobody else is served meanwhile. */
const MAX_YAML = 512 * 1024;
/** How long a body may take to arrive, in milliseconds. */
const BODY_DEADLINE = 60_000;
/** How much of bodies may wait for their ends at the same time, in bytes. */
const MAX_UNFINISHED = 128 * 1024 * 1024;

/** What is read of a request. */
export interface Body {
  bytes: Buffer;
  /** The media type, without parameters. */
  type: string;
}

/** Reads bodies, so that those who send slowly can hold neither requests nor memory. */
export class BodyReader {
  readonly #clock: Clock;
  readonly #limit: number;
  #unfinished = 0;

  /** `limit`: how much of bodies may wait for their ends at the same time, in bytes. */
  constructor(clock: Clock, limit: number = MAX_UNFINISHED) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /**
   * Reads a body up to {@link MAX_BODY}. Fails with `RequestEntityTooLarge`, with `Timeout` when it does not arrive in time, and with
   * `TooManyRequests` when too much is arriving at once.
   */
  async read(request: IncomingMessage): Promise<Body> {
    const chunks: Buffer[] = [];
    let size = 0;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const take = (chunk: Buffer): void => {
      size += chunk.length;
      this.#unfinished += chunk.length;
      chunks.push(chunk);
      if (size > MAX_BODY) reject(new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`));
      if (this.#unfinished > this.#limit)
        reject(
          new ApiError('TooManyRequests', 'too many large requests are arriving, please try again later', {
            details: { retryAfterSeconds: 1 },
          }),
        );
    };
    // A request closes after its end too: errors are dear, and nobody would hear of this one.
    const gone = (): void => {
      if (!request.readableEnded) reject(new ApiError('BadRequest', 'the request ended before its body was complete'));
    };
    const timer = this.#clock.setTimer(this.#clock.now() + BODY_DEADLINE, () => {
      reject(new ApiError('Timeout', 'Timeout: request did not complete within the allotted timeout'));
    });
    request.on('data', take).once('end', resolve).once('close', gone).once('error', gone);
    try {
      await promise;
    } finally {
      this.#unfinished -= size;
      timer.cancel();
      request.off('data', take).off('end', resolve).off('close', gone).pause();
    }
    const [first] = chunks;
    return { bytes: first !== undefined && chunks.length === 1 ? first : Buffer.concat(chunks), type: contentType(request) };
  }
}

/** The media type of a body, without parameters. */
export function contentType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** What a body says. */
export interface Decoded {
  value: unknown;
  /** Paths of fields that stand in it more than once; the last one counts. */
  duplicates: readonly string[];
}

/** Decodes a body in JSON, YAML or protobuf. Fails with `BadRequest`, `UnsupportedMediaType` or `RequestEntityTooLarge`. */
export function decode({ bytes, type }: Body): Decoded {
  if (type === PROTOBUF) return { value: decodeProtobuf(bytes), duplicates: [] };
  const text = bytes.toString();
  // kubectl sends JSON under the name of YAML.
  if (type.endsWith('yaml')) return (text.trimStart().startsWith('{') ? tryJSON(text) : undefined) ?? decodeYAML(text);
  if (type !== 'application/json' && !type.endsWith('+json'))
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format (${type}) - accepted media types include: application/json, application/yaml, ${PROTOBUF}`,
    );
  try {
    return decodedJSON(text);
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(
      'BadRequest',
      `the body of the request is not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function tryJSON(text: string): Decoded | undefined {
  try {
    return decodedJSON(text);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    // A YAML document may start like JSON.
    return undefined;
  }
}

function decodedJSON(text: string): Decoded {
  const value: unknown = JSON.parse(text);
  const { duplicates, tooDeep } = scanJSON(text, MAX_DEPTH);
  if (tooDeep) throw tooDeepError();
  return { value, duplicates };
}

function decodeYAML(text: string): Decoded {
  if (text.length > MAX_YAML)
    throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit for YAML is ${MAX_YAML}, send it as JSON`);
  try {
    // Kubernetes reads YAML 1.1 booleans and merges; aliases are bounded against documents that explode. The parser would compare each key
    // with each other one: that is done here, in time that grows with the document alone.
    const document = parseDocument(text, { version: '1.1', uniqueKeys: false });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return { value: bounded(document.toJS({ maxAliasCount: 100 })), duplicates: yamlDuplicates(document.contents) };
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(
      'BadRequest',
      `the body of the request is not valid YAML: ${cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause)}`,
      { cause },
    );
  }
}

function yamlDuplicates(root: unknown): string[] {
  const found: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (isSeq(node)) for (const [index, item] of node.items.entries()) visit(item, indexPath(path, index));
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const at = path === '' ? name : `${path}.${name}`;
      if (seen.has(name) && name !== '<<') found.push(at);
      seen.add(name);
      if (!isAlias(value)) visit(value, at);
    }
  };
  visit(root, '');
  return found;
}

/** Everything behind this walks values recursively, so their depth is bounded here. */
function bounded(value: unknown): unknown {
  if (isDeeperThan(value, MAX_DEPTH)) throw tooDeepError();
  return value;
}

function tooDeepError(): ApiError {
  return new ApiError('BadRequest', `the body of the request is nested deeper than ${MAX_DEPTH} levels`);
}
