/** Limits that keep an expression from exhausting the process. Exceeding one raises an {@link ExprError} with code `budget`. */
export interface Budget {
  /** Nodes of the syntax tree. Default 10,000. */
  readonly nodes?: number | undefined;
  /** Elements of lists, maps and repeated strings made during one run. Default 1,000,000. */
  readonly memory?: number | undefined;
  /** Predicate evaluations during one run. Default 20,000,000. */
  readonly iterations?: number | undefined;
  /** UTF-16 units of a single string made by an expression. Default 16,777,216. */
  readonly stringLength?: number | undefined;
}

export const DEFAULT_BUDGET: Required<{ [K in keyof Budget]: number }> = {
  nodes: 10_000,
  memory: 1_000_000,
  iterations: 20_000_000,
  stringLength: 1 << 24,
};
