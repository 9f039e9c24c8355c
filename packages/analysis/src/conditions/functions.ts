import { hostFunction, type HostFunction, type Value } from '@kargo/expr';

const isNil = (value: Value): boolean => value === null || value === undefined;

/** The functions that conditions have beside the language's own. */
export const conditionFunctions: Readonly<Record<string, HostFunction>> = {
  asInt: hostFunction('asInt', { params: ['any'], result: 'int' }, ([x]) => asInt(x)),
  asFloat: hostFunction('asFloat', { params: ['any'], result: 'float' }, ([x]) => asFloat(x)),
  isNaN: hostFunction('isNaN', { params: ['float'], result: 'bool' }, ([x]) => Number.isNaN(x)),
  isInf: hostFunction('isInf', { params: ['float'], result: 'bool' }, ([x]) => x === Infinity || x === -Infinity),
  isNil: hostFunction('isNil', { params: ['any'], result: 'bool' }, ([x]) => isNil(x)),
  default: hostFunction('default', { params: ['any', 'any'] }, ([x, fallback]) =>
    isNil(x) || (Array.isArray(x) && x.length === 0) ? fallback : x,
  ),
};

/** Numbers lose their fraction; texts must be whole decimal numbers. */
function asInt(value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return BigInt(Math.trunc(value));
  if (typeof value === 'string' && /^[+-]?\d+$/.test(value)) return BigInt(value);
  throw new Error(`asInt() needs a number or the text of a whole number, found ${JSON.stringify(value)}`);
}

function asFloat(value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  throw new Error(`asFloat() needs a number or the text of one, found ${JSON.stringify(value)}`);
}
