import type { BinaryOperator, UnaryOperator } from '../ast/node.ts';

/** How tightly an operator binds; a higher number binds tighter. */
export interface Precedence {
  readonly level: number;
  readonly rightAssociative?: boolean | undefined;
}

/** The pipe binds loosest of all; it is not an operator of the tree. */
export const PIPE_LEVEL = 0;

const LEVELS: readonly (readonly [level: number, operators: readonly BinaryOperator[]])[] = [
  [10, ['or', '||']],
  [15, ['and', '&&']],
  [20, ['==', '!=', '<', '>', '<=', '>=', 'in', 'matches', 'contains', 'startsWith', 'endsWith']],
  [25, ['..']],
  [30, ['+', '-']],
  [60, ['*', '/', '%']],
  [100, ['**', '^']],
  [500, ['??']],
];

export const BINARY: ReadonlyMap<string, Precedence & { readonly operator: BinaryOperator }> = new Map(
  LEVELS.flatMap(([level, operators]) =>
    operators.map((operator) => [operator, { operator, level, rightAssociative: level === 100 }] as const),
  ),
);

export const UNARY: ReadonlyMap<string, Precedence & { readonly operator: UnaryOperator }> = new Map([
  ['not', { operator: 'not', level: 50 }],
  ['!', { operator: '!', level: 50 }],
  ['-', { operator: '-', level: 90 }],
  ['+', { operator: '+', level: 90 }],
]);

/** Operators that may be chained: `1 < x <= 3`. */
export function isOrdering(operator: string): boolean {
  return operator === '<' || operator === '>' || operator === '<=' || operator === '>=';
}

/** Operators that `not` may stand in front of: `x not in y`. */
export function isNegatable(operator: string): boolean {
  return ['in', 'matches', 'contains', 'startsWith', 'endsWith'].includes(operator);
}
