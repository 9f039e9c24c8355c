const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** The truth that the result of an expression stands for: a boolean, or what reads as one. Fails with a plain `Error` otherwise. */
export function booleanResult(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : '';
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new Error(`the result must be true or false, but it is ${JSON.stringify(text === '' ? typeof value : text)}`);
}
