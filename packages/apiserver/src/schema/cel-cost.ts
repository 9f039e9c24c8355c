/** What rules may still cost: about one for every part of a rule that is evaluated, and one for every ten characters or items made. */
export interface CostBudget {
  left: number;
}

/** A rule would take too long. */
export class CostExceededError extends Error {
  override readonly name = 'CostExceededError';
}

/** What all rules of one object may cost: at most about half a second, in which nobody else is served. Kubernetes allows five times as much. */
export const OBJECT_COST = 2_000_000;
/** What one evaluation of a rule may cost, as in Kubernetes. */
export const RULE_COST = 1_000_000;

/** What an error of a part costs. */
const ERROR_COST = 500;

type Evaluate = (...args: unknown[]) => unknown;

interface Node {
  op: string;
  args: unknown;
  evaluate: Evaluate;
}

/** Every part of a parsed rule. */
export function* nodesOf(root: unknown): Generator<Node> {
  const seen = new Set<unknown>();
  const waiting: unknown[] = [root];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    if ('op' in value && 'evaluate' in value) {
      const node = value as Node;
      yield node;
      waiting.push(node.args);
    } else if (Array.isArray(value)) waiting.push(...(value as unknown[]));
  }
}

/**
 * Makes every evaluation of a part of a rule pay from the budget that `budget` returns at that time. Loops evaluate their parts again and
 * again, and so does what is nested in them: whatever a rule does, it ends.
 */
export function charge(root: unknown, budget: () => CostBudget): void {
  for (const node of nodesOf(root)) {
    let evaluate: Evaluate = node.evaluate;
    const charged: Evaluate = function (this: unknown, ...args) {
      const account = budget();
      spend(account, 1);
      let result: unknown;
      try {
        result = Reflect.apply(evaluate, this, args);
      } catch (error) {
        // Errors are made with excerpts of the rule, which takes much longer than values.
        if (!(error instanceof CostExceededError)) account.left -= ERROR_COST;
        throw error;
      }
      if (typeof result === 'string' || Array.isArray(result)) spend(account, result.length / 10);
      return result;
    };
    // Nodes replace their own method when they are evaluated first.
    Object.defineProperty(node, 'evaluate', {
      get: () => charged,
      set: (next: Evaluate) => {
        evaluate = next;
      },
    });
  }
}

function spend(account: CostBudget, cost: number): void {
  account.left -= cost;
  if (account.left < 0) throw new CostExceededError('the rule would take too long');
}
