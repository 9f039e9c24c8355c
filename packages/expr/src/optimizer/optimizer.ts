import type { BuiltinNode, MemberNode, Node } from '../ast/node.ts';
import { BOOL, FLOAT, INT, STRING, UNKNOWN, type Type } from '../checker/type.ts';
import { fold } from './fold.ts';
import { mapChildren, some } from './walk.ts';

/**
 * Rewrites a checked tree to a shorter one. What the original's optimizer makes visible is kept: literals are folded, a `filter`
 * of which only the length or an end is wanted stops early, and `sum` of a list literal adds its items. The types of new nodes
 * are added to `types`.
 *
 * @throws ExprError with code `compile`
 */
export function optimize(tree: Node, types: Map<Node, Type>, source: string): Node {
  const visit = (node: Node): Node => {
    const marked = markLookup(node);
    const inner = mapChildren(marked, visit);
    const folded = fold(inner, source);
    const rewritten = rewrite(folded, source);
    if (rewritten !== node && !types.has(rewritten)) types.set(rewritten, LITERALS[rewritten.kind] ?? types.get(node) ?? UNKNOWN);
    return rewritten;
  };
  return visit(tree);
}

const LITERALS: Partial<Record<Node['kind'], Type>> = { int: INT, float: FLOAT, string: STRING, bool: BOOL };

/** A list of string literals right of `in` is a set of strings. */
function markLookup(node: Node): Node {
  if (node.kind !== 'binary' || node.operator !== 'in' || node.right.kind !== 'list') return node;
  const { items } = node.right;
  if (items.length === 0 || !items.every((item) => item.kind === 'string')) return node;
  return { ...node, right: { ...node.right, lookup: true } };
}

function rewrite(node: Node, source: string): Node {
  if (node.kind === 'member') return rewriteIndex(node);
  if (node.kind !== 'builtin') return node;
  const [list, predicate] = node.args;
  if (list?.kind === 'builtin') return rewriteNested(node, list, predicate, source);
  if (
    node.name === 'sum' &&
    predicate === undefined &&
    list?.kind === 'list' &&
    list.constant !== true &&
    list.items.length > 1
  ) {
    return list.items.reduceRight((right, left) => ({ kind: 'binary', operator: '+', left, right, at: node.at }));
  }
  return node;
}

function rewriteNested(node: BuiltinNode, inner: BuiltinNode, predicate: Node | undefined, source: string): Node {
  const filters = inner.name === 'filter';
  switch (node.name) {
    case 'filter':
      return filters && inner.then === undefined ? joinedFilters(node, inner, source) : node;
    case 'map':
      if (!filters || inner.then !== undefined || predicate?.kind !== 'predicate' || usesIndex(predicate)) return node;
      return { ...inner, at: node.at, then: predicate.body };
    case 'len':
      return filters ? { ...node, name: 'count', args: inner.args } : node;
    case 'first':
      return filters ? { ...inner, at: node.at, name: 'find' } : node;
    case 'last':
      return filters ? { ...inner, at: node.at, name: 'findLast' } : node;
    case 'sum':
      return inner.name === 'map' && predicate === undefined ? { ...node, args: inner.args } : node;
    default:
      return node;
  }
}

/** `filter(filter(x, p), q)` is `filter(x, p && q)`. */
function joinedFilters(node: BuiltinNode, inner: BuiltinNode, source: string): Node {
  const [list, first] = inner.args;
  const second = node.args[1];
  if (list === undefined || first?.kind !== 'predicate' || second?.kind !== 'predicate') return node;
  const body = fold({ kind: 'binary', operator: '&&', left: first.body, right: second.body, at: node.at }, source);
  return { ...node, args: [list, { ...second, body }] };
}

/** The first or last element of a `filter` is found without the others. */
function rewriteIndex(node: MemberNode): Node {
  const { object, property } = node;
  if (object.kind !== 'builtin' || object.name !== 'filter' || node.optional || property.kind !== 'int') return node;
  if (property.value === 0n) return { ...object, at: node.at, name: 'find', mustFind: true };
  return property.value === -1n ? { ...object, at: node.at, name: 'findLast', mustFind: true } : node;
}

function usesIndex(predicate: Node): boolean {
  return some(predicate, (node) => node.kind === 'pointer' && node.name === 'index');
}
