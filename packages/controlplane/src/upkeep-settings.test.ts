import { describe, expect, it } from 'vitest';
import { ConfigError, parseUpConfig } from './config.ts';

describe('for how long what has happened is kept', () => {
  it('is told by the environment', () => {
    expect(parseUpConfig([], {})?.upkeep).toEqual({ eventTTL: undefined, promotions: {}, freight: {} });
    const env = {
      EVENT_TTL: '30m',
      MAX_RETAINED_PROMOTIONS: '5',
      MIN_PROMOTION_DELETION_AGE: '24h',
      MAX_RETAINED_FREIGHT: '0',
      MIN_FREIGHT_DELETION_AGE: '1h',
    };
    expect(parseUpConfig([], env)?.upkeep).toEqual({
      eventTTL: 30 * 60_000,
      promotions: { keep: 5, minimumAge: 24 * 3_600_000 },
      freight: { keep: 0, minimumAge: 3_600_000 },
    });
  });

  it.each([
    { EVENT_TTL: 'long' },
    { EVENT_TTL: '1s' },
    { MAX_RETAINED_PROMOTIONS: '-1' },
    { MAX_RETAINED_FREIGHT: 'all' },
    { MIN_FREIGHT_DELETION_AGE: '-1h' },
  ])('not by %j', (env) => {
    expect(() => parseUpConfig([], env)).toThrow(ConfigError);
  });

  it('the shortest interval of Warehouses too, unless the flag says otherwise', () => {
    const env = { MIN_WAREHOUSE_RECONCILIATION_INTERVAL: '5m0s' };
    expect(parseUpConfig([], env)?.minimumInterval).toBe('5m0s');
    expect(parseUpConfig(['--minimum-interval', '1m'], env)?.minimumInterval).toBe('1m');
  });
});
