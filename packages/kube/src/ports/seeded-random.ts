import type { Random } from './random.ts';

/** Randomness that the same seed repeats exactly. Not for secrets. */
export interface SeededRandom extends Random {
  /** An independent sequence that depends on the seed and `name` only, not on what was drawn before. */
  fork(name: string): SeededRandom;
}

/** A deterministic source: the same seed gives the same sequence on every machine. */
export function seededRandom(seed: number | string): SeededRandom {
  let state = hash(String(seed));
  const bits = (): number => {
    // A Weyl sequence through a 32-bit mixer: full period, good enough for tests and simulations.
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  return {
    next: () => (bits() * 2 ** 21 + (bits() >>> 11)) / 2 ** 53,
    uuid: () => {
      const hex = [bits(), bits(), bits(), bits()].map((word) => word.toString(16).padStart(8, '0')).join('');
      const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
    },
    fork: (name) => seededRandom(`${String(seed)}/${name}`),
  };
}

function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
