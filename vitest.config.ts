import { defineConfig } from 'vitest/config';
import { ProgramsFirst } from './scripts/test-order.ts';

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    // No module-level mutable state is allowed here, so files can share a worker: several times faster than isolated ones.
    isolate: false,
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: ProgramsFirst },
    // Generous: a test that hangs is found all the same, and one that is right does not fail on a busy machine.
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
});
