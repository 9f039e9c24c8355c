/**
 * How often a test tries random input: the same `runs` values each time, or with the environment variable `FUZZ=50` fifty times as many, new
 * ones each time. For tests.
 */
export function fuzzParameters(runs: number): { numRuns: number; seed?: number } {
  const times = Number(process.env['FUZZ'] ?? '');
  return times > 0 ? { numRuns: runs * times } : { numRuns: runs, seed: 46 };
}
