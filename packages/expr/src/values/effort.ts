import { ExprError } from '../error.ts';

/** Values visited in one walk through a structure. Lists that contain the same list many times can have far more than memory. */
const LIMIT = 1_000_000;

/** Counts the values that a walk through a structure visits. */
export class Effort {
  #left = LIMIT;

  /** @throws ExprError with code `budget` after too many values */
  spend(): void {
    if (--this.#left < 0) throw new ExprError('budget', 'value is too large to walk through');
  }
}
