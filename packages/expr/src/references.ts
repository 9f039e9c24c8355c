import type { Node } from './ast/node.ts';
import { BUILTINS } from './builtins/registry.ts';
import { mapChildren } from './optimizer/walk.ts';
import { parse } from './parser/parser.ts';
import { hasTemplate, scanTemplate } from './template/scan.ts';

/** A use of a variable, as far as it can be told without running. */
export interface Reference {
  /** The variable and the names of the members that are asked for one after the other: `outputs.commit.id`, `vars["x"]`. */
  readonly path: readonly string[];
  /** Where it begins in the source, in UTF-16 units. */
  readonly offset: number;
  /** Whether a member follows whose name only running tells. */
  readonly open: boolean;
  /** Whether what the path leads to is called. */
  readonly called: boolean;
}

/**
 * The variables an expression uses, in the order of the source; names it declares itself are left out.
 *
 * @throws ExprError with code `parse` or `budget`
 */
export function references(source: string): Reference[] {
  const out: Reference[] = [];
  visit(parse(source, { isBuiltin: (name) => BUILTINS.has(name) }), new Set(), out);
  return out.toSorted((a, b) => a.offset - b.offset);
}

/**
 * The variables that the expressions of a template use; places are those in the template.
 *
 * @throws ExprError with code `parse` or `budget`
 */
export function templateReferences(text: string): Reference[] {
  if (!hasTemplate(text)) return [];
  return scanTemplate(text).flatMap((part) =>
    part.kind === 'text'
      ? []
      : references(part.source).map((reference) => ({ ...reference, offset: reference.offset + part.offset })),
  );
}

function visit(node: Node, declared: ReadonlySet<string>, out: Reference[], called = false): void {
  if (node.kind === 'let') {
    visit(node.value, declared, out);
    visit(node.body, new Set([...declared, node.name]), out);
    return;
  }
  if (node.kind === 'call') {
    visit(node.callee, declared, out, true);
    for (const argument of node.args) visit(argument, declared, out);
    return;
  }
  const found = pathOf(node);
  if (found !== undefined) {
    const { path, offset, rest } = found;
    const names = path[0] === '$env' ? path.slice(1) : path;
    if (!declared.has(path[0] ?? '') && names.length > 0) out.push({ path: names, offset, open: rest.length > 0, called });
    for (const inner of rest) visit(inner, declared, out);
    return;
  }
  mapChildren(node, (child) => {
    visit(child, declared, out);
    return child;
  });
}

/** The path that a chain of members makes, up to the first whose name is computed; `rest` are the nodes beside it. */
function pathOf(node: Node): { path: string[]; offset: number; rest: Node[] } | undefined {
  switch (node.kind) {
    case 'identifier':
      return { path: [node.name], offset: node.at, rest: [] };
    case 'chain':
      return pathOf(node.inner);
    case 'member': {
      const object = pathOf(node.object);
      if (object === undefined) return undefined;
      if (object.rest.length === 0 && node.property.kind === 'string')
        return { ...object, path: [...object.path, node.property.value] };
      return { ...object, rest: [...object.rest, node.property] };
    }
    default:
      return undefined;
  }
}
