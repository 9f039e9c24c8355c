import { ApiError, type Freight } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { someFreight } from '../availability/fixtures.ts';
import { cleanUp } from './cleanup.ts';

const marks = (): NonNullable<Freight['status']> => ({
  verifiedIn: { qa: {}, up: {} },
  approvedFor: { qa: {} },
  currentlyIn: { qa: {} },
});

describe('cleaning up after a Stage', () => {
  it('goes on after a failure, and reports it', async () => {
    const freight = [someFreight('a', marks()), someFreight('b', marks()), someFreight('c', { verifiedIn: { up: {} } })];
    const written: string[] = [];
    let runs = 0;
    const deps: Parameters<typeof cleanUp>[0] = {
      allFreight: async () => freight,
      updateFreight: async (_, name, change) => {
        if (name === 'a') throw new Error('disk full');
        change(freight.find(({ metadata }) => metadata.name === name)?.status ?? {});
        written.push(name);
      },
      deleteRuns: async () => {
        runs++;
      },
    };
    await expect(cleanUp(deps, 'shop', 'qa')).rejects.toThrow(
      /Stage qa of Project shop, which stays until that works: disk full/,
    );
    expect([written, runs]).toEqual([['b'], 1]);
    expect(freight[1]?.status).toEqual({ verifiedIn: { up: {} }, approvedFor: {}, currentlyIn: {} });
  });

  it('[10 11 deletion] clears all Freight, and takes what has gone meanwhile for done', async () => {
    const freight = [someFreight('a', marks()), someFreight('b', marks())];
    const deps: Parameters<typeof cleanUp>[0] = {
      allFreight: async () => freight,
      updateFreight: async (_, name, change) => {
        if (name === 'a') throw new ApiError('NotFound', 'freights "a" not found');
        change(freight.find(({ metadata }) => metadata.name === name)?.status ?? {});
      },
      deleteRuns: async () => undefined,
    };
    await cleanUp(deps, 'shop', 'qa');
    expect(freight[1]?.status).toEqual({ verifiedIn: { up: {} }, approvedFor: {}, currentlyIn: {} });
  });
});
