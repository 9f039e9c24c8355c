import type { IncomingMessage } from 'node:http';
import { ApiError } from '@kargo/api';
import { parse as parseYAML } from 'yaml';
import { decodeProtobuf, PROTOBUF } from './protobuf.ts';

/** The largest request body, in bytes: what Kubernetes accepts. */
export const MAX_BODY = 3 * 1024 * 1024;
const MAX_DEPTH = 1000;

/** Reads a body up to {@link MAX_BODY}. Fails with `RequestEntityTooLarge`. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY}`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media type of a body, without parameters. */
export function contentType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** Decodes a body in JSON or YAML. Fails with `BadRequest` or `UnsupportedMediaType`. */
export function decode(body: Buffer, type: string): unknown {
  if (type === PROTOBUF) return decodeProtobuf(body);
  const text = body.toString();
  if (type.endsWith('yaml')) return decodeYAML(text);
  if (type !== 'application/json' && !type.endsWith('+json'))
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format (${type}) - accepted media types include: application/json, application/yaml`,
    );
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ApiError(
      'BadRequest',
      `the body of the request is not valid JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return bounded(value);
}

function decodeYAML(text: string): unknown {
  try {
    // Kubernetes reads YAML 1.1 booleans and merges; aliases are bounded against documents that explode.
    return bounded(parseYAML(text, { version: '1.1', maxAliasCount: 100, uniqueKeys: true }));
  } catch (cause) {
    if (cause instanceof ApiError) throw cause;
    throw new ApiError(
      'BadRequest',
      `the body of the request is not valid YAML: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** Everything behind this walks values recursively, so their depth is bounded here, without recursion. */
function bounded(value: unknown): unknown {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) throw new ApiError('BadRequest', `the body of the request is nested deeper than ${MAX_DEPTH} levels`);
    const below: unknown[] = [];
    for (const item of level)
      if (typeof item === 'object' && item !== null)
        for (const inner of Object.values(item)) if (typeof inner === 'object') below.push(inner);
    level = below;
  }
  return value;
}
