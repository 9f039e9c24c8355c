import type { BinaryNode, BuiltinNode, CallNode, ConditionalNode, LetNode, MemberNode, Node, SliceNode } from '../ast/node.ts';
import type { Builtin } from '../builtins/builtin.ts';
import { ExprError } from '../error.ts';
import type { HostFunction } from '../host/function.ts';
import { PREDICATE_BUILTINS } from '../parser/predicate-builtins.ts';
import { checkSignatures } from './arguments.ts';
import { methodOf } from './methods.ts';
import { binaryType, unaryType } from './operators.ts';
import * as t from './type.ts';
import type { Type } from './type.ts';

/** What the checker must know of the surroundings of an expression. */
export interface CheckerOptions {
  readonly source: string;
  readonly builtins: ReadonlyMap<string, Builtin>;
  readonly functions: Readonly<Record<string, HostFunction>>;
  readonly variables?: readonly string[] | undefined;
  /** What is known of variables before running; of others nothing is. */
  readonly variableTypes?: Readonly<Record<string, Type>> | undefined;
  /** Calling a name that is neither a function nor a variable is an error. */
  readonly strictFunctions?: boolean | undefined;
}

/** The types of all nodes of a checked tree. */
export type Types = Map<Node, Type>;

/**
 * Checks that a tree may be run: operands of literal types that do not fit, calls with a wrong number of arguments, unknown
 * members of known types. Errors are reported in the order of the source until `report` throws or the tree is done.
 */
export function check(tree: Node, options: CheckerOptions, report: (error: ExprError) => void): Types {
  const checker = new Checker(options, report);
  checker.visit(tree);
  return checker.types;
}

interface PredicateScope {
  readonly collection: Type;
  readonly index: boolean;
  readonly accumulator: boolean;
}

class Checker {
  readonly types = new Map<Node, Type>();
  readonly #options: CheckerOptions;
  readonly #report: (error: ExprError) => void;
  readonly #lets: { name: string; type: Type }[] = [];
  readonly #scopes: PredicateScope[] = [];

  constructor(options: CheckerOptions, report: (error: ExprError) => void) {
    this.#options = options;
    this.#report = report;
  }

  visit(node: Node): Type {
    const type = this.#typeOf(node);
    this.types.set(node, type);
    return type;
  }

  #typeOf(node: Node): Type {
    switch (node.kind) {
      case 'nil':
        return t.NIL;
      case 'bool':
        return t.BOOL;
      case 'int':
        return t.INT;
      case 'float':
        return t.FLOAT;
      case 'string':
        return t.STRING;
      case 'bytes':
        return t.BYTES;
      case 'identifier':
        return this.#identifier(node.name, node);
      case 'pointer':
        return this.#pointer(node.name, node);
      case 'unary':
        return this.#orError(node, unaryType(node.operator, this.visit(node.operand)));
      case 'binary':
        return this.#binary(node);
      case 'member':
        return this.#member(node);
      case 'chain':
        return this.visit(node.inner);
      case 'slice':
        return this.#slice(node);
      case 'call':
        return this.#call(node);
      case 'builtin':
        return this.#builtin(node);
      case 'predicate':
        return this.visit(node.body);
      case 'conditional':
        return this.#conditional(node);
      case 'let':
        return this.#let(node);
      case 'sequence':
        return node.nodes.map((item) => this.visit(item)).at(-1) ?? t.UNKNOWN;
      case 'list':
        return this.#list(node.items.map((item) => this.visit(item)));
      case 'map':
        for (const { key, value } of node.entries) {
          this.visit(key);
          this.visit(value);
        }
        return t.STRING_MAP;
    }
  }

  #identifier(name: string, node: Node): Type {
    const declared = this.#lets.findLast((item) => item.name === name);
    if (declared !== undefined) return declared.type;
    if (name === '$env') return t.UNKNOWN;
    const type = this.#functionType(name);
    if (type !== undefined) return type;
    if (this.#options.variables?.includes(name) === false) return this.#error(node, `unknown name ${name}`);
    const { variableTypes } = this.#options;
    return variableTypes !== undefined && Object.hasOwn(variableTypes, name) ? (variableTypes[name] ?? t.UNKNOWN) : t.UNKNOWN;
  }

  #functionType(name: string): Type | undefined {
    const { functions, builtins } = this.#options;
    if (Object.hasOwn(functions, name)) {
      return { ...t.FUNC, signatures: functions[name]?.checked ?? [] };
    }
    return builtins.has(name) || PREDICATE_BUILTINS.has(name) ? t.FUNC : undefined;
  }

  #pointer(name: string, node: Node): Type {
    const scope = this.#scopes.at(-1);
    if (scope === undefined) return this.#error(node, 'cannot use pointer accessor outside predicate');
    if (name === '') return t.elementOf(scope.collection);
    if (name === 'index' && scope.index) return t.INT;
    if (name === 'acc' && scope.accumulator) return t.UNKNOWN;
    return this.#error(node, `unknown pointer #${name}`);
  }

  #binary(node: BinaryNode): Type {
    const left = this.visit(node.left);
    const right = this.visit(node.right);
    return this.#orError(node, binaryType(node, left, right));
  }

  #member(node: MemberNode): Type {
    const { object, property } = node;
    if (object.kind === 'identifier' && object.name === '$env') {
      this.visit(object);
      this.visit(property);
      const unknown = property.kind === 'string' && !node.optional && this.#options.variables?.includes(property.value) === false;
      return unknown ? this.#error(node, `unknown name ${property.value}`) : t.UNKNOWN;
    }
    const base = this.visit(object);
    const key = this.visit(property);
    if (t.isUnknown(base)) return t.UNKNOWN;
    const name = property.kind === 'string' ? property.value : undefined;
    if (name !== undefined) {
      if (base.kind === 'nil') return this.#error(node, `type nil has no field ${name}`);
      const method = methodOf(base, name);
      if (method !== undefined) return { ...t.FUNC, signatures: [method] };
    }
    if (base.kind === 'map') {
      const wanted = base.name === t.STRING_MAP.name ? t.STRING : t.ANY;
      if (!t.isAssignable(key, wanted) && !t.isUnknown(key)) {
        return this.#error(property, `cannot use ${key.name} to get an element from ${base.name}`);
      }
      return t.elementOf(base);
    }
    if (base.kind === 'list') {
      if (!t.isInteger(key) && !t.isUnknown(key)) {
        return this.#error(property, `array elements can only be selected using an integer (got ${key.name})`);
      }
      return t.elementOf(base);
    }
    if (name === undefined) return this.#error(node, `type ${base.name}[${key.name}] is undefined`);
    const field = base.struct?.field(name);
    if (field !== undefined) return t.typeNamed(field.type ?? 'any');
    return this.#error(node, `type ${base.name} has no ${node.called ? 'method' : 'field'} ${name}`);
  }

  #slice(node: SliceNode): Type {
    const type = this.visit(node.object);
    const bounds = [node.from, node.to]
      .filter((bound) => bound !== undefined)
      .map((bound) => [bound, this.visit(bound)] as const);
    if (t.isUnknown(type)) return t.UNKNOWN;
    if (type.kind !== 'string' && type.kind !== 'list') return this.#error(node, `cannot slice ${type.name}`);
    for (const [bound, index] of bounds) {
      if (!t.isInteger(index) && !t.isUnknown(index)) return this.#error(bound, `non-integer slice index ${index.name}`);
    }
    return type;
  }

  #call(node: CallNode): Type {
    const callee = this.#calleeType(node.callee);
    const args = node.args.map((arg) => this.visit(arg));
    if (t.isUnknown(callee)) return t.UNKNOWN;
    const name =
      node.callee.kind === 'identifier'
        ? node.callee.name
        : node.callee.kind === 'member' && node.callee.property.kind === 'string'
          ? node.callee.property.value
          : 'function';
    if (callee.kind === 'nil') return this.#error(node, `${name} is nil; cannot call nil as function`);
    if (callee.kind !== 'func') return this.#error(node, `${callee.name} is not callable`);
    if (callee.signatures === undefined) return t.UNKNOWN;
    return this.#checked(name, callee.signatures, node, node.args, args);
  }

  #calleeType(callee: Node): Type {
    if (this.#options.strictFunctions === true && callee.kind === 'identifier') {
      const { name } = callee;
      const known =
        this.#functionType(name) !== undefined ||
        this.#lets.some((item) => item.name === name) ||
        this.#options.variables?.includes(name) === true;
      if (!known) return this.#error(callee, `unknown function ${name}`);
    }
    return this.visit(callee);
  }

  #checked(
    name: string,
    signatures: readonly t.CheckedSignature[],
    node: Node,
    nodes: readonly Node[],
    args: readonly Type[],
  ): Type {
    const result = checkSignatures(name, signatures, args);
    if ('reason' in result) {
      const place = result.argument === undefined ? node : (nodes[result.argument] ?? node);
      return this.#error(place, result.reason);
    }
    return result;
  }

  #builtin(node: BuiltinNode): Type {
    if (PREDICATE_BUILTINS.has(node.name)) return this.#predicateBuiltin(node);
    const args = node.args.map((arg) => this.visit(arg));
    if (node.name === 'get') return this.#get(node, args);
    const builtin = this.#options.builtins.get(node.name);
    if (builtin?.check !== undefined) return this.#orError(node, builtin.check(args));
    return this.#checked(node.name, builtin?.signatures ?? [], node, node.args, args);
  }

  #get(node: BuiltinNode, args: readonly Type[]): Type {
    const [base, key] = args;
    const [baseNode = node, keyNode = node] = node.args;
    if (args.length !== 2 || base === undefined || key === undefined) {
      return this.#error(node, `invalid number of arguments (expected 2, got ${args.length})`);
    }
    if (t.isUnknown(base)) return t.UNKNOWN;
    if (base.kind === 'list') {
      if (t.isInteger(key) || t.isUnknown(key)) return t.elementOf(base);
      return this.#error(keyNode, `non-integer slice index ${key.name}`);
    }
    if (base.kind === 'map') {
      const wanted = base.name === t.STRING_MAP.name ? t.STRING : t.ANY;
      if (t.isAssignable(key, wanted) || t.isUnknown(key)) return t.elementOf(base);
      return this.#error(keyNode, `cannot use ${key.name} to get an element from ${base.name}`);
    }
    return this.#error(baseNode, `type ${base.name} does not support indexing`);
  }

  #predicateBuiltin(node: BuiltinNode): Type {
    const { name } = node;
    const [list, predicate, last] = node.args;
    const collection = list === undefined ? t.UNKNOWN : this.visit(list);
    if (collection.kind !== 'list' && !t.isUnknown(collection)) {
      return this.#error(list ?? node, `builtin ${name} takes only array (got ${collection.name})`);
    }
    if (predicate === undefined) {
      if (name === 'count') return t.INT;
      return t.isUnknown(collection) ? t.UNKNOWN : t.elementOf(collection);
    }
    const reduces = name === 'reduce';
    this.#scopes.push({ collection, index: name === 'map' || reduces, accumulator: reduces });
    const output = this.visit(predicate);
    this.#scopes.pop();
    if (last !== undefined) this.visit(last);
    if (output.kind === 'nil') return this.#error(predicate, 'predicate should return a value (got nil)');
    if (RETURNS_BOOL.has(name) && output.kind !== 'bool' && !t.isUnknown(output)) {
      return this.#error(predicate, `predicate should return boolean (got ${output.name})`);
    }
    return resultOf(name, collection, output);
  }

  #conditional(node: ConditionalNode): Type {
    const condition = this.visit(node.condition);
    if (condition.kind !== 'bool' && !t.isUnknown(condition)) {
      return this.#error(node.condition, `non-bool expression (type ${condition.name}) used as condition`);
    }
    const then = this.visit(node.then);
    const otherwise = this.visit(node.otherwise);
    if (then.kind === 'nil') return otherwise;
    if (otherwise.kind === 'nil') return then;
    if (!t.isAssignable(then, otherwise)) return t.UNKNOWN;
    if (then.kind === 'list' && otherwise.kind === 'list') {
      const [a, b] = [t.elementOf(then), t.elementOf(otherwise)];
      if (!t.isAssignable(a, b) || !t.isAssignable(b, a)) return t.LIST;
    }
    return then;
  }

  #let(node: LetNode): Type {
    const { name } = node;
    const known =
      (Object.hasOwn(this.#options.functions, name) && 'function') ||
      ((this.#options.builtins.has(name) || PREDICATE_BUILTINS.has(name)) && 'builtin') ||
      (this.#lets.some((item) => item.name === name) && 'variable') ||
      (this.#options.variables?.includes(name) === true && 'name');
    if (known !== false) return this.#error(node, `cannot redeclare ${known} ${name}`);
    this.#lets.push({ name, type: this.visit(node.value) });
    const type = this.visit(node.body);
    this.#lets.pop();
    return type;
  }

  #list(items: readonly Type[]): Type {
    const same = items.every((item, index) => index === 0 || goKind(item) === goKind(items[index - 1] ?? item));
    return same ? t.listOf(items.at(-1) ?? t.UNKNOWN) : t.LIST;
  }

  #orError(node: Node, result: Type | string): Type {
    return typeof result === 'string' ? this.#error(node, result) : result;
  }

  #error(node: Node, reason: string): Type {
    this.#report(new ExprError('compile', reason, { source: this.#options.source, offset: node.at }));
    return t.UNKNOWN;
  }
}

/** What the elements of a list literal have in common to be of one type: numbers of the same size, for instance. */
function goKind(type: Type): string {
  switch (type.kind) {
    case 'duration':
      return 'int64';
    case 'month':
    case 'weekday':
      return 'int';
    case 'time':
      return 'struct';
    case 'nil':
      return 'unknown';
    case 'any':
      return 'interface';
    default:
      return type.kind;
  }
}

const RETURNS_BOOL: ReadonlySet<string> = new Set([
  'all',
  'none',
  'any',
  'one',
  'filter',
  'count',
  'find',
  'findIndex',
  'findLast',
  'findLastIndex',
]);

function resultOf(name: string, collection: Type, output: Type): Type {
  const element = t.elementOf(collection);
  switch (name) {
    case 'filter':
      return t.isUnknown(collection) ? t.LIST : t.listOf(element);
    case 'map':
      return t.listOf(output);
    case 'count':
    case 'findIndex':
    case 'findLastIndex':
      return t.INT;
    case 'find':
    case 'findLast':
      return t.isUnknown(collection) ? t.UNKNOWN : element;
    case 'sum':
      return t.bare(output);
    case 'groupBy':
      return t.groupsOf(element);
    case 'sortBy':
      return collection;
    case 'reduce':
      return output;
    default:
      return t.BOOL;
  }
}
