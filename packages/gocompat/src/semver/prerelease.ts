const MAX_NUMBER = 2n ** 64n - 1n;

/** Order of prerelease texts; the empty one (a release) comes last. */
export function comparePrerelease(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return 1;
  if (b === '') return -1;
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const order = comparePart(left[i] ?? '', right[i] ?? '');
    if (order !== 0) return order;
  }
  return 0;
}

function comparePart(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '') return -1;
  if (b === '') return 1;
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left === undefined && right === undefined) return a > b ? 1 : -1;
  if (right === undefined) return -1;
  if (left === undefined) return 1;
  return left > right ? 1 : -1;
}

/** Matches Masterminds: digits beyond 64 bits are compared as text. */
function numberOf(text: string): bigint | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const number = BigInt(text);
  return number > MAX_NUMBER ? undefined : number;
}
