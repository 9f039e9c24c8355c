import { clone, equal, type JsonPatchOperation } from '@kargo/kube';
import { isDeeperThan, MAX_DEPTH } from '../object/depth.ts';
import { isObject, setOwn } from '../object/json.ts';

/** A JSON patch that cannot be applied to the object it is meant for. */
export class JsonPatchError extends Error {
  override readonly name = 'JsonPatchError';
}

/** The patch makes too much of the object, as Kubernetes bounds it. */
export class JsonPatchTooLargeError extends Error {
  override readonly name = 'JsonPatchTooLargeError';
}

const MAX_OPERATIONS = 10_000;
/** How much all copies of a patch may add, in bytes of JSON. */
const MAX_COPIED = 3 * 1024 * 1024;

/**
 * RFC 6902: a changed copy of the document. Fails with {@link JsonPatchError} or {@link JsonPatchTooLargeError}, and then changes
 * nothing.
 */
export function jsonPatch(document: unknown, operations: readonly JsonPatchOperation[]): unknown {
  if (operations.length > MAX_OPERATIONS)
    throw new JsonPatchTooLargeError(
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    );
  let result = clone(document);
  const budget = { copied: 0 };
  for (const operation of operations) result = apply(result, operation, budget);
  return result;
}

function apply(document: unknown, operation: JsonPatchOperation, budget: { copied: number }): unknown {
  const path = pointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(document, path, clone(required(operation)));
    case 'remove':
      return remove(document, path);
    case 'replace':
      read(document, path);
      return path.length === 0 ? clone(required(operation)) : add(remove(document, path), path, clone(required(operation)));
    case 'move': {
      const from = pointer(operation.from ?? '');
      if (from.length < path.length && from.every((key, index) => key === path[index]))
        throw new JsonPatchError(`${operation.from ?? ''} cannot be moved into itself (${operation.path})`);
      const value = read(document, from);
      return add(remove(document, from), path, value);
    }
    case 'copy': {
      const value = read(document, pointer(operation.from ?? ''));
      budget.copied += Buffer.byteLength(JSON.stringify(value));
      // Copies of copies double the object with each operation.
      if (budget.copied > MAX_COPIED)
        throw new JsonPatchTooLargeError(
          `Unable to complete the copy, the accumulated size increase of copy is ${budget.copied}, exceeding the limit ${MAX_COPIED}`,
        );
      return add(document, path, clone(value));
    }
    case 'test':
      if (!equal(read(document, path), operation.value ?? null))
        throw new JsonPatchError(`testing path ${operation.path} failed: the value is another`);
      return document;
    default:
      throw new JsonPatchError(`unexpected kind: unknown operation ${JSON.stringify((operation as { op: unknown }).op)}`);
  }
}

function required({ op, path, value }: JsonPatchOperation): unknown {
  if (value === undefined) throw new JsonPatchError(`${op} operation of path ${path} has no value`);
  return value;
}

function pointer(text: string): string[] {
  if (text === '') return [];
  if (typeof text !== 'string' || !text.startsWith('/'))
    throw new JsonPatchError(`path ${JSON.stringify(text)} is not a JSON pointer: it must start with "/"`);
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function missing(path: readonly string[]): JsonPatchError {
  return new JsonPatchError(`path /${path.join('/')} does not exist`);
}

function child(parent: unknown, key: string, path: readonly string[]): unknown {
  if (Array.isArray(parent)) {
    const index = indexIn(parent, key, path);
    if (index >= parent.length) throw missing(path);
    return parent[index];
  }
  if (!isObject(parent) || !Object.hasOwn(parent, key)) throw missing(path);
  return parent[key];
}

function indexIn(list: readonly unknown[], key: string, path: readonly string[]): number {
  if (!/^(0|[1-9]\d*)$/.test(key)) throw new JsonPatchError(`path /${path.join('/')}: ${JSON.stringify(key)} is not an index`);
  const index = Number(key);
  if (index > list.length) throw missing(path);
  return index;
}

function read(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const key of path) value = child(value, key, path);
  return value;
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  if (isDeeperThan(value, MAX_DEPTH - path.length))
    throw new JsonPatchError(`the object would be nested deeper than ${MAX_DEPTH} levels`);
  const key = path.at(-1);
  if (key === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    if (key === '-') parent.push(value);
    else parent.splice(indexIn(parent, key, path), 0, value);
  } else if (isObject(parent)) setOwn(parent, key, value);
  else throw missing(path);
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  const key = path.at(-1);
  if (key === undefined) throw new JsonPatchError('the whole document cannot be removed');
  const parent = read(document, path.slice(0, -1));
  child(parent, key, path);
  if (Array.isArray(parent)) parent.splice(indexIn(parent, key, path), 1);
  else if (isObject(parent)) delete parent[key];
  return document;
}
