import { compileRE2 } from '@kargo/gocompat';
import type {
  BinaryNode,
  BuiltinNode,
  CallNode,
  ListNode,
  MapNode,
  MemberNode,
  Node,
  SliceNode,
  UnaryNode,
} from '../ast/node.ts';
import { BUILTINS } from '../builtins/registry.ts';
import type { Type } from '../checker/type.ts';
import { ExprError } from '../error.ts';
import { callHost } from '../host/call.ts';
import { HostFunction } from '../host/function.ts';
import { PREDICATE_BUILTINS } from '../parser/predicate-builtins.ts';
import { fetch, slice } from '../values/access.ts';
import { negate } from '../values/arithmetic.ts';
import { asBool, asString, failure, mistyped } from '../values/failure.ts';
import { isNil } from '../values/lists.ts';
import { goTypeName } from '../values/type-name.ts';
import type { Value } from '../values/value.ts';
import { located, withPlace, type Evaluate } from './evaluate.ts';
import { inStrings, matches, OPERATIONS } from './operators.ts';
import { compilePredicateCall, currentElement } from './predicates.ts';
import type { Run } from './run.ts';

/** What a compiled tree needs to run. */
export interface Compiled {
  readonly evaluate: Evaluate;
  /** Slots for `let`. */
  readonly variables: number;
}

/** Turns a checked tree into functions that call each other. */
export function compileTree(
  tree: Node,
  types: ReadonlyMap<Node, Type>,
  source: string,
  functions: ReadonlySet<string>,
): Compiled {
  const compiler = new Compiler(types, source, functions);
  const evaluate = compiler.compile(tree);
  return { evaluate, variables: compiler.variables };
}

/** What the rest of a `?.` chain gets where its object is nil; never leaves the chain. */
const BROKEN: unique symbol = Symbol('broken chain');
type Link = (run: Run) => Value | typeof BROKEN;

class Compiler {
  variables = 0;
  readonly #types: ReadonlyMap<Node, Type>;
  readonly #source: string;
  readonly #functions: ReadonlySet<string>;
  readonly #lets: { name: string; slot: number }[] = [];

  constructor(types: ReadonlyMap<Node, Type>, source: string, functions: ReadonlySet<string>) {
    this.#types = types;
    this.#source = source;
    this.#functions = functions;
  }

  compile(node: Node): Evaluate {
    switch (node.kind) {
      case 'nil':
        return () => null;
      case 'bool':
      case 'int':
      case 'float':
      case 'string':
      case 'bytes': {
        const { value } = node;
        return () => value;
      }
      case 'identifier':
        return this.#identifier(node.name);
      case 'pointer':
        return this.#at(node, pointer(node.name));
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'member':
        return this.#link(node, false) as Evaluate;
      case 'chain':
        return this.#chain(node.inner, false);
      case 'slice':
        return this.#slice(node);
      case 'call':
        return this.#call(node, false) as Evaluate;
      case 'builtin':
        return this.#builtin(node);
      case 'predicate':
        return this.compile(node.body);
      case 'conditional': {
        const [condition, then, otherwise] = [this.#bool(node.condition), this.compile(node.then), this.compile(node.otherwise)];
        return (run) => (condition(run) ? then(run) : otherwise(run));
      }
      case 'let': {
        const value = this.compile(node.value);
        const slot = this.variables++;
        this.#lets.push({ name: node.name, slot });
        const body = this.compile(node.body);
        this.#lets.pop();
        return (run) => {
          run.variables[slot] = value(run);
          return body(run);
        };
      }
      case 'sequence': {
        const parts = node.nodes.map((part) => this.compile(part));
        return (run) => parts.reduce<Value>((_, part) => part(run), null);
      }
      case 'list':
        return this.#list(node);
      case 'map':
        return this.#map(node);
    }
  }

  #at(node: Node, evaluate: Evaluate): Evaluate {
    return located(this.#source, node.at, evaluate);
  }

  #identifier(name: string): Evaluate {
    const slot = this.#lets.findLast((item) => item.name === name)?.slot;
    if (slot !== undefined) return (run) => run.variables[slot];
    if (name === '$env') return (run) => run.env as Value;
    return (run) => (Object.hasOwn(run.env, name) ? (run.env[name] as Value) : null);
  }

  #unary(node: UnaryNode): Evaluate {
    const operand = this.compile(node.operand);
    if (node.operator === '+') return operand;
    if (node.operator === '-') return this.#at(node, (run) => negate(operand(run)));
    return this.#at(node, (run) => !asBool(operand(run)));
  }

  #bool(node: Node): (run: Run) => boolean {
    const evaluate = this.compile(node);
    return this.#at(node, (run) => asBool(evaluate(run))) as (run: Run) => boolean;
  }

  #binary(node: BinaryNode): Evaluate {
    const { operator } = node;
    if (operator === '??') return this.#coalesce(node);
    const left = this.compile(node.left);
    if (operator === 'in' && node.right.kind === 'list' && node.right.lookup === true) {
      const strings = new Set(node.right.items.map((item) => (item.kind === 'string' ? item.value : '')));
      return this.#at(node, (run) => inStrings(strings, left(run)));
    }
    if (operator === 'matches' && node.right.kind === 'string') {
      const re = compileRE2(node.right.value);
      return this.#at(node, (run) => matches(re, left(run)));
    }
    const inside = this.#inRange(node, left);
    if (inside !== undefined) return inside;
    const right = this.compile(node.right);
    switch (operator) {
      case 'and':
      case '&&':
        return this.#at(node, (run) => asBool(left(run)) && right(run));
      case 'or':
      case '||':
        return this.#at(node, (run) => asBool(left(run)) || right(run));
      case '==':
      case '!=':
        return this.#equality(node, left, right);
      default: {
        const operate = OPERATIONS[operator];
        return this.#at(node, (run) => operate(left(run), right(run), run));
      }
    }
  }

  /** Values of types that are known to be equal must have them, or comparing them is an error. */
  #equality(node: BinaryNode, left: Evaluate, right: Evaluate): Evaluate {
    const kinds = [node.left, node.right].map((side) => this.#types.get(side)?.kind);
    const [kind, other] = kinds;
    const operate = OPERATIONS[node.operator === '!=' ? '!=' : '=='];
    if (kind !== other || (kind !== 'int' && kind !== 'string')) {
      return this.#at(node, (run) => operate(left(run), right(run), run));
    }
    const wanted = kind === 'int' ? 'bigint' : 'string';
    return this.#at(node, (run) => {
      const [a, b] = [left(run), right(run)];
      if (typeof a !== wanted) throw mistyped(a, kind);
      if (typeof b !== wanted) throw mistyped(b, kind);
      return (a === b) === (node.operator === '==');
    });
  }

  /** An int in a range of literals is compared with its ends; the range is not made. */
  #inRange(node: BinaryNode, left: Evaluate): Evaluate | undefined {
    const { right } = node;
    if (node.operator !== 'in' || right.kind !== 'binary' || right.operator !== '..') return undefined;
    if (right.left.kind !== 'int' || right.right.kind !== 'int' || this.#types.get(node.left)?.kind !== 'int') return undefined;
    const [from, to] = [right.left.value, right.right.value];
    return this.#at(node, (run) => {
      const value = left(run);
      return OPERATIONS['>='](value, from, run) === true && OPERATIONS['<='](value, to, run) === true;
    });
  }

  #coalesce(node: BinaryNode): Evaluate {
    const left = node.left.kind === 'chain' ? this.#chain(node.left.inner, true) : this.compile(node.left);
    const right = this.compile(node.right);
    return (run) => {
      const value = left(run);
      return isNil(value) ? right(run) : value;
    };
  }

  /** A chain is nil from its first nil object on; a nil list at its end is nil too, unless `keep`. */
  #chain(inner: Node, keep: boolean): Evaluate {
    const link = this.#chained(inner);
    return (run) => {
      const value = link(run);
      return value === BROKEN || (!keep && isNil(value)) ? null : value;
    };
  }

  #chained(node: Node): Link {
    if (node.kind === 'member') return this.#link(node, true);
    return node.kind === 'call' ? this.#call(node, true) : this.compile(node);
  }

  #link(node: MemberNode, chained: boolean): Link {
    const object: Link = chained ? this.#chained(node.object) : this.compile(node.object);
    const property = this.compile(node.property);
    const { at } = node;
    const source = this.#source;
    const member = (run: Run, from: Value): Value => {
      const key = property(run);
      try {
        return fetch(from, key);
      } catch (error) {
        throw withPlace(error, source, at);
      }
    };
    if (!chained) return (run) => member(run, object(run) as Value);
    const optional = node.optional;
    return (run) => {
      const from = object(run);
      if (from === BROKEN || (optional && isNil(from))) return BROKEN;
      return member(run, from);
    };
  }

  #slice(node: SliceNode): Evaluate {
    const object = this.compile(node.object);
    const to = node.to && this.compile(node.to);
    const from = node.from && this.compile(node.from);
    return this.#at(node, (run) => {
      const value = object(run);
      const end = to?.(run) ?? (to === undefined ? undefined : null);
      return slice(value, from === undefined ? 0n : from(run), end);
    });
  }

  /** The arguments are evaluated before the callee. */
  #call(node: CallNode, chained: boolean): Link {
    const args = node.args.map((arg) => this.compile(arg));
    const callee = this.#callee(node.callee, chained);
    const { at } = node;
    const source = this.#source;
    return (run) => {
      const values = args.map((arg) => arg(run));
      const fn = callee(run);
      if (fn === BROKEN) return BROKEN;
      try {
        if (fn instanceof HostFunction) return callHost(fn, values);
        const problem = isNil(fn) ? 'cannot call nil' : `cannot call non-function of type ${goTypeName(fn)}`;
        throw failure(`invalid operation: ${problem}`);
      } catch (error) {
        throw fromHost(error, source, at);
      }
    };
  }

  #callee(node: Node, chained: boolean): Link {
    if (node.kind !== 'identifier') return chained ? this.#chained(node) : this.compile(node);
    const { name } = node;
    const declared = this.#lets.some((item) => item.name === name);
    if (declared || !this.#functions.has(name)) return this.#named(name);
    return (run) => run.functions[name];
  }

  /** A function that was not known when compiling may be given when running, or be a variable. */
  #named(name: string): Link {
    const variable = this.#identifier(name);
    if (this.#lets.some((item) => item.name === name)) return variable;
    return (run) => variable(run) ?? (Object.hasOwn(run.functions, name) ? run.functions[name] : null);
  }

  #builtin(node: BuiltinNode): Evaluate {
    if (PREDICATE_BUILTINS.has(node.name)) {
      const [list, predicate, last] = node.args;
      if (list === undefined) throw new Error(`${node.name} has no list`);
      const call = compilePredicateCall(node, {
        list: this.compile(list),
        predicate: predicate && this.compile(predicate),
        last: last && this.compile(last),
        then: node.then && this.compile(node.then),
        mustFind: node.mustFind === true,
      });
      return this.#at(node, call);
    }
    const builtin = BUILTINS.get(node.name);
    if (builtin === undefined) throw new Error(`no function ${node.name}`);
    const args = node.args.map((arg) => this.compile(arg));
    const [only] = args;
    if (args.length === 1 && only !== undefined) return this.#at(node, (run) => builtin.call([only(run)], run));
    return this.#at(node, (run) =>
      builtin.call(
        args.map((arg) => arg(run)),
        run,
      ),
    );
  }

  #list(node: ListNode): Evaluate {
    const items = node.items.map((item) => this.compile(item));
    if (node.constant === true) {
      const constant = Object.freeze(node.items.map((item) => ('value' in item ? (item.value as Value) : null)));
      return () => constant;
    }
    return this.#at(node, (run) => {
      const values = items.map((item) => item(run));
      run.grow(values.length);
      return values;
    });
  }

  /** Of equal keys the first wins. */
  #map(node: MapNode): Evaluate {
    const entries = node.entries.map(({ key, value }) => [this.compile(key), this.compile(value)] as const);
    return this.#at(node, (run) => {
      const pairs = entries.map(([key, value]) => [key(run), value(run)] as const);
      run.grow(pairs.length);
      const out = Object.create(null) as Record<string, Value>;
      for (const [key, value] of pairs) {
        const name = asString(key);
        if (!Object.hasOwn(out, name)) out[name] = value ?? null;
      }
      return out;
    });
  }
}

function pointer(name: string): Evaluate {
  return (run) => {
    const { scope } = run;
    if (scope === undefined) throw failure('cannot use pointer accessor outside predicate');
    if (name === 'index') return BigInt(scope.index);
    return name === 'acc' ? scope.accumulated : currentElement(scope);
  };
}

/** What a host function threw: with the place of the call if it is an error of ours or a plain one, else as it is. */
function fromHost(error: unknown, source: string, offset: number): unknown {
  if (error instanceof Error && Object.getPrototypeOf(error) === Error.prototype) {
    return new ExprError('run', error.message, { source, offset }, error);
  }
  return withPlace(error, source, offset);
}
