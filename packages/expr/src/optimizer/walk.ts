import type { Node } from '../ast/node.ts';

/** A copy of a node with other children, in the order of {@link childrenOf}; the node itself if none changed. */
export function mapChildren(node: Node, change: (child: Node) => Node): Node {
  let changed = false;
  const one = (child: Node): Node => {
    const next = change(child);
    if (next !== child) changed = true;
    return next;
  };
  const maybe = (child: Node | undefined): Node | undefined => (child === undefined ? undefined : one(child));
  const copy = copied(node, one, maybe);
  return changed ? copy : node;
}

function copied(node: Node, one: (child: Node) => Node, maybe: (child: Node | undefined) => Node | undefined): Node {
  switch (node.kind) {
    case 'unary':
      return { ...node, operand: one(node.operand) };
    case 'binary':
      return { ...node, left: one(node.left), right: one(node.right) };
    case 'member':
      return { ...node, object: one(node.object), property: one(node.property) };
    case 'chain':
      return { ...node, inner: one(node.inner) };
    case 'slice':
      return { ...node, object: one(node.object), from: maybe(node.from), to: maybe(node.to) };
    case 'call':
      return { ...node, callee: one(node.callee), args: node.args.map(one) };
    case 'builtin':
      return { ...node, args: node.args.map(one), then: maybe(node.then) };
    case 'predicate':
      return { ...node, body: one(node.body) };
    case 'conditional':
      return { ...node, condition: one(node.condition), then: one(node.then), otherwise: one(node.otherwise) };
    case 'let':
      return { ...node, value: one(node.value), body: one(node.body) };
    case 'sequence':
      return { ...node, nodes: node.nodes.map(one) };
    case 'list':
      return { ...node, items: node.items.map(one) };
    case 'map':
      return { ...node, entries: node.entries.map(({ key, value }) => ({ key: one(key), value: one(value) })) };
    default:
      return node;
  }
}

/** Whether a node or anything below it passes a test. */
export function some(node: Node, test: (node: Node) => boolean): boolean {
  if (test(node)) return true;
  let found = false;
  mapChildren(node, (child) => {
    found ||= some(child, test);
    return child;
  });
  return found;
}
