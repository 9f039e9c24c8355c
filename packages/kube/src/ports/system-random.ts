import { randomUUID } from 'node:crypto';
import type { Random } from './random.ts';

/** The randomness of this machine. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};
