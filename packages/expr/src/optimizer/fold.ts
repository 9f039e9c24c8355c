import type { BinaryNode, Node, UnaryNode } from '../ast/node.ts';
import { ExprError } from '../error.ts';
import { add, divide, exponentiate, modulo, multiply, negate, subtract } from '../values/arithmetic.ts';
import type { Value } from '../values/value.ts';

/**
 * A node whose operands are literals, as the literal it amounts to; other nodes unchanged. `x or true` is true whatever `x` is,
 * as in the original.
 *
 * @throws ExprError with code `compile` for a division of whole literals by zero
 */
export function fold(node: Node, source: string): Node {
  if (node.kind === 'unary') return foldUnary(node);
  if (node.kind === 'binary') return foldBinary(node, source);
  if (node.kind === 'list' && node.constant !== true && node.items.length > 0 && node.items.every(isLiteral)) {
    return { ...node, constant: true };
  }
  return node;
}

function foldUnary(node: UnaryNode): Node {
  const { operand, operator, at } = node;
  if (operator === 'not' || operator === '!') {
    return operand.kind === 'bool' ? { kind: 'bool', value: !operand.value, at } : node;
  }
  if (operand.kind !== 'int' && operand.kind !== 'float') return node;
  return literal(operator === '-' ? negate(operand.value) : operand.value, at) ?? node;
}

function foldBinary(node: BinaryNode, source: string): Node {
  const { operator, left, right, at } = node;
  switch (operator) {
    case 'and':
    case '&&':
      return foldLogical(node, true);
    case 'or':
    case '||':
      return foldLogical(node, false);
    case '==':
      if (left.kind === right.kind && (left.kind === 'int' || left.kind === 'string' || left.kind === 'bool')) {
        return { kind: 'bool', value: left.value === (right as typeof left).value, at };
      }
      return node;
    case '+':
      if (left.kind === 'string' && right.kind === 'string') return { kind: 'string', value: left.value + right.value, at };
      break;
    case '%':
      if (left.kind !== 'int' || right.kind !== 'int') return node;
      if (right.value === 0n) throw new ExprError('compile', 'integer divide by zero', { source, offset: at });
      break;
    default:
  }
  const operate = ARITHMETIC.get(operator);
  if (operate === undefined || !isNumber(left) || !isNumber(right)) return node;
  return literal(operate(left.value, right.value), at) ?? node;
}

const ARITHMETIC: ReadonlyMap<string, (a: Value, b: Value) => Value> = new Map([
  ['+', add],
  ['-', subtract],
  ['*', multiply],
  ['/', divide],
  ['%', modulo],
  ['**', exponentiate],
  ['^', exponentiate],
]);

/** With `neutral` true as operand, the result is the other operand; with its opposite, it is that. */
function foldLogical(node: BinaryNode, neutral: boolean): Node {
  const { left, right } = node;
  if (left.kind === 'bool' && left.value === neutral) return right;
  if (right.kind === 'bool' && right.value === neutral) return left;
  if (left.kind === 'bool' || right.kind === 'bool') return { kind: 'bool', value: !neutral, at: node.at };
  return node;
}

function literal(value: Value, at: number): Node | undefined {
  if (typeof value === 'bigint') return { kind: 'int', value, at };
  return typeof value === 'number' ? { kind: 'float', value, at } : undefined;
}

function isNumber(node: Node): node is Extract<Node, { kind: 'int' | 'float' }> {
  return node.kind === 'int' || node.kind === 'float';
}

function isLiteral(node: Node): boolean {
  return node.kind === 'string' || node.kind === 'bool' || isNumber(node);
}
