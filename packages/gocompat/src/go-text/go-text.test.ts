import { describe, expect, it } from 'vitest';
import { goFloat, goFormat } from './go-format.ts';
import { goJSON } from './go-json.ts';

describe('values as Go prints them', () => {
  it.each([
    [0, '0'],
    [-0, '-0'],
    [1.5, '1.5'],
    [123456, '123456'],
    [1000000, '1e+06'],
    [1234567.5, '1.2345675e+06'],
    [0.0001, '0.0001'],
    [0.00001234, '1.234e-05'],
    [1e21, '1e+21'],
    [1e-7, '1e-07'],
    [-1e100, '-1e+100'],
    [NaN, 'NaN'],
    [-Infinity, '-Inf'],
  ])('%d as %s', (value, want) => {
    expect(goFloat(value)).toBe(want);
  });

  it('maps sorted, lists in brackets, null as <nil>', () => {
    expect(goFormat({ b: [1, 'x', true], a: null, c: {} })).toBe('map[a:<nil> b:[1 x true] c:map[]]');
    expect(goFormat(1e6)).toBe('1000000');
    expect(goFormat(1e6, 'float')).toBe('1e+06');
  });

  it('JSON with sorted keys and escaped markup', () => {
    expect(goJSON({ b: 1, a: '<&>\u2028', 10: 'x', 9: 'y', __proto__: 1 })).toBe(
      '{"10":"x","9":"y","a":"\\u003c\\u0026\\u003e\\u2028","b":1}',
    );
    expect(goJSON(JSON.parse('{"__proto__":{"x":1}}'))).toBe('{"__proto__":{"x":1}}');
    expect(goJSON({ a: {}, b: [] }, 2)).toBe('{\n  "a": {},\n  "b": []\n}');
    expect(goJSON(undefined)).toBe('null');
  });
});
