/**
 * x to the power of y with the results of Go's `math.Pow` to the last bit for whole exponents: by repeated squaring of the
 * mantissa, which is not what JavaScript's operator does.
 */
export function power(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (y === 1) return x;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  if (x === 0 || !Number.isFinite(x) || !Number.isFinite(y)) return x === -1 ? 1 : x ** y;
  if (y === 0.5) return Math.sqrt(x);
  if (y === -0.5) return 1 / Math.sqrt(x);
  const magnitude = Math.abs(y);
  let whole = Math.trunc(magnitude);
  let rest = magnitude - whole;
  if (rest !== 0 && x < 0) return Number.NaN;
  if (whole >= 2 ** 63) return x === -1 ? 1 : Math.abs(x) < 1 === y > 0 ? 0 : Number.POSITIVE_INFINITY;
  let mantissa = 1;
  let exponent = 0;
  if (rest !== 0) {
    if (rest > 0.5) {
      rest--;
      whole++;
    }
    mantissa = Math.exp(rest * Math.log(x));
  }
  let [square, squareExponent] = split(x);
  for (let bits = BigInt(whole); bits !== 0n; bits >>= 1n) {
    if (Math.abs(squareExponent) > 4096) {
      exponent += squareExponent;
      break;
    }
    if ((bits & 1n) === 1n) {
      mantissa *= square;
      exponent += squareExponent;
    }
    square *= square;
    squareExponent *= 2;
    if (square < 0.5) {
      square += square;
      squareExponent--;
    }
  }
  return y < 0 ? scale(1 / mantissa, -exponent) : scale(mantissa, exponent);
}

/** A number as a mantissa of magnitude from 0.5 to 1 and a power of two. */
function split(x: number): [mantissa: number, exponent: number] {
  const view = new DataView(new ArrayBuffer(8));
  const normal = Math.abs(x) < 2 ** -1022;
  view.setFloat64(0, normal ? x * 2 ** 52 : x);
  const head = view.getUint16(0);
  const exponent = ((head >> 4) & 0x7ff) - 1022;
  view.setUint16(0, (head & 0x800f) | (1022 << 4));
  return [view.getFloat64(0), normal ? exponent - 52 : exponent];
}

/** A number times a power of two, rounded once. */
function scale(x: number, exponent: number): number {
  if (exponent > 2100) return x * Number.POSITIVE_INFINITY;
  if (exponent < -2100) return x < 0 ? -0 : 0;
  let [mantissa, shift] = split(x);
  shift += exponent;
  if (x === 0 || !Number.isFinite(x)) return x;
  while (shift > 1023) {
    mantissa *= 2;
    shift--;
  }
  if (shift >= -1021) return mantissa * 2 ** shift;
  return mantissa * 2 ** -1021 * 2 ** Math.max(-1074, shift + 1021);
}
