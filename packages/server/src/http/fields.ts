import type { KubeObject } from '@kargo/api';
import type { FastifyRequest } from 'fastify';
import { badRequest } from './http-error.ts';
import { queryList } from './query.ts';

/** Paths that one request may name. */
const MAX_PATHS = 100;
const PATH = /^-?[A-Za-z0-9_$-]+(\.[A-Za-z0-9_$/-]+)*$/;
/** Fields without which an answer could not be told from another. */
const ALWAYS = ['apiVersion', 'kind', 'metadata.name', 'metadata.namespace', 'metadata.resourceVersion'];

interface Tree {
  [field: string]: Tree | true;
}

/**
 * The part of objects that a request asks for with `fields`: paths such as `metadata.labels` or `status.phase`, through lists as if they
 * were not there. Paths that begin with `-` take away instead. What names an object always stays. Fails with 400 for what is no path.
 */
export function fieldSelection(request: FastifyRequest): <T extends KubeObject>(object: T) => T {
  const paths = queryList(request, 'fields');
  if (paths.length === 0) return (object) => object;
  if (paths.length > MAX_PATHS) throw badRequest(`fields names ${paths.length} paths; ${MAX_PATHS} are the most`);
  for (const path of paths)
    if (!PATH.test(path))
      throw badRequest(
        `fields: ${JSON.stringify(path)} is no path of a field, such as metadata.labels or -metadata.managedFields`,
      );
  const kept = paths.filter((path) => !path.startsWith('-'));
  const keep = kept.length === 0 ? undefined : treeOf([...ALWAYS, ...kept]);
  const drop = treeOf(
    paths
      .filter((path) => path.startsWith('-'))
      .map((path) => path.slice(1))
      .filter((path) => !ALWAYS.includes(path)),
  );
  return <T extends KubeObject>(object: T): T => without(keep === undefined ? object : only(object, keep), drop) as T;
}

function treeOf(paths: readonly string[]): Tree {
  const root: Tree = Object.create(null) as Tree;
  for (const path of paths) {
    let at = root;
    const fields = path.split('.');
    for (const [index, field] of fields.entries()) {
      const next = at[field];
      if (next === true) break;
      if (index === fields.length - 1) at[field] = true;
      else at = at[field] = next ?? (Object.create(null) as Tree);
    }
  }
  return root;
}

function only(value: unknown, tree: Tree): unknown {
  if (Array.isArray(value)) return value.map((item) => only(item, tree));
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, item]): [string, unknown][] => {
      const wanted = tree[field] ?? tree['*'];
      if (wanted === undefined) return [];
      const part = wanted === true ? item : only(item, wanted);
      return part === undefined ? [] : [[field, part]];
    }),
  );
}

function without(value: unknown, tree: Tree): unknown {
  if (Object.keys(tree).length === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => without(item, tree));
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, item]): [string, unknown][] => {
      const gone = tree[field];
      if (gone === true) return [];
      return [[field, gone === undefined ? item : without(item, gone)]];
    }),
  );
}
