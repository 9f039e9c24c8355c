import { compileRE2, ParseError } from '@kargo/gocompat';
import type { BinaryNode, UnaryOperator } from '../ast/node.ts';
import {
  ANY,
  BOOL,
  DURATION,
  elementOf,
  FLOAT,
  INT,
  INTS,
  isAssignable,
  isComparable,
  isInteger,
  isNumber,
  isUnknown,
  listOf,
  STRING,
  STRING_MAP,
  TIME,
  UNKNOWN,
  type Type,
} from './type.ts';

type Test = (type: Type) => boolean;

const isBool: Test = (type) => type.kind === 'bool';
const isString: Test = (type) => type.kind === 'string';
const isTime: Test = (type) => type.kind === 'time';
const isDuration: Test = (type) => type.kind === 'duration';

/** The type of `operator operand`, or why it is refused. */
export function unaryType(operator: UnaryOperator, operand: Type): Type | string {
  if (operator === 'not' || operator === '!') {
    if (isBool(operand) || isUnknown(operand)) return BOOL;
  } else if (isNumber(operand)) {
    return operand;
  } else if (isUnknown(operand)) {
    return UNKNOWN;
  }
  return `invalid operation: ${operator} (mismatched type ${operand.name})`;
}

/** The type of `left operator right`, or why it is refused. */
export function binaryType(node: BinaryNode, left: Type, right: Type): Type | string {
  const type = resultOf(node, left, right);
  return type ?? `invalid operation: ${node.operator} (mismatched types ${left.name} and ${right.name})`;
}

function resultOf(node: BinaryNode, left: Type, right: Type): Type | string | undefined {
  switch (node.operator) {
    case '==':
    case '!=':
      return isComparable(left, right) ? BOOL : undefined;
    case 'or':
    case '||':
    case 'and':
    case '&&':
      return both(left, right, isBool) || maybe(left, right, isBool) ? BOOL : undefined;
    case '<':
    case '>':
    case '<=':
    case '>=':
      return [isNumber, isString, isTime, isDuration].some((test) => both(left, right, test)) ||
        maybe(left, right, isNumber, isString, isTime, isDuration)
        ? BOOL
        : undefined;
    case '+':
    case '-':
    case '*':
      return arithmetic(node.operator, left, right);
    case '/':
    case '**':
    case '^':
      return both(left, right, isNumber) || maybe(left, right, isNumber) ? FLOAT : undefined;
    case '%':
      return both(left, right, isInteger) || maybe(left, right, isInteger) ? INT : undefined;
    case '..':
      return both(left, right, isInteger) || maybe(left, right, isInteger) ? listOf(elementOf(INTS)) : undefined;
    case 'in':
      return membership(left, right);
    case 'matches':
      return matching(node, left, right);
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return both(left, right, isString) || maybe(left, right, isString) ? BOOL : undefined;
    case '??':
      if (left.kind === 'nil') return right;
      if (right.kind === 'nil') return left;
      return isAssignable(right, left) && !isUnknown(left) ? left : UNKNOWN;
  }
}

function arithmetic(operator: '+' | '-' | '*', left: Type, right: Type): Type | undefined {
  if (both(left, right, isNumber)) return left.kind === 'float' || right.kind === 'float' ? FLOAT : INT;
  if (operator === '+' && both(left, right, isString)) return STRING;
  if (both(left, right, isDuration)) return DURATION;
  if (operator === '*') {
    if ((isNumber(left) && isDuration(right)) || (isDuration(left) && isNumber(right))) return DURATION;
    return maybe(left, right, isNumber, isDuration) ? UNKNOWN : undefined;
  }
  if (isTime(left) && isDuration(right)) return TIME;
  if (operator === '+' && isDuration(left) && isTime(right)) return TIME;
  if (operator === '-' && both(left, right, isTime)) return DURATION;
  const tests = operator === '+' ? [isNumber, isString, isTime, isDuration] : [isNumber, isTime, isDuration];
  return maybe(left, right, ...tests) ? UNKNOWN : undefined;
}

function membership(left: Type, right: Type): Type | string | undefined {
  if (isUnknown(right)) return BOOL;
  if (right.kind === 'struct' || right.kind === 'time') return isString(left) || isUnknown(left) ? BOOL : undefined;
  if (right.kind === 'map') {
    const key = right.name === STRING_MAP.name ? STRING : ANY;
    if (isUnknown(left) || isAssignable(left, key)) return BOOL;
    return `cannot use ${left.name} as type ${key.name} in map key`;
  }
  if (right.kind === 'list') {
    const element = elementOf(right);
    return isComparable(left, element) ? BOOL : `cannot use ${left.name} as type ${element.name} in array`;
  }
  return isUnknown(left) && isString(right) ? BOOL : undefined;
}

function matching(node: BinaryNode, left: Type, right: Type): Type | string | undefined {
  if (node.right.kind === 'string') {
    try {
      compileRE2(node.right.value);
    } catch (error) {
      if (error instanceof ParseError) return error.message;
      throw error;
    }
  }
  if ((isString(left) || left.name === '[]uint8') && isString(right)) return BOOL;
  return maybe(left, right, isString) ? BOOL : undefined;
}

function both(left: Type, right: Type, test: Test): boolean {
  return test(left) && test(right);
}

/** One of the two is unknown and the other fits, or both are unknown. */
function maybe(left: Type, right: Type, ...tests: readonly Test[]): boolean {
  if (isUnknown(left)) return isUnknown(right) || tests.some((test) => test(right));
  return isUnknown(right) && tests.some((test) => test(left));
}
