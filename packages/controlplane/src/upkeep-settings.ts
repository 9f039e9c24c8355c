import type { Retention } from '@kargo/controllers';
import { ConfigError } from './config-error.ts';
import { durationSetting } from './serving/settings.ts';

/** For how long what has happened is kept, by environment variables. */
export interface UpkeepSettings {
  /** How long Events are kept after their last change, in milliseconds: `EVENT_TTL`. Default an hour. */
  eventTTL?: number | undefined;
  /** `MAX_RETAINED_PROMOTIONS`, of each Stage, and `MIN_PROMOTION_DELETION_AGE`. */
  promotions: Partial<Retention>;
  /** `MAX_RETAINED_FREIGHT`, of each Warehouse, and `MIN_FREIGHT_DELETION_AGE`. */
  freight: Partial<Retention>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings. Throws {@link ConfigError} naming the variable. */
export function upkeepSettings(env: Environment): UpkeepSettings {
  const eventTTL = durationSetting('EVENT_TTL', env['EVENT_TTL']);
  if (eventTTL !== undefined && eventTTL < 60_000)
    throw new ConfigError(`EVENT_TTL must be at least 1m; found ${JSON.stringify(env['EVENT_TTL'])}`);
  return {
    eventTTL,
    promotions: retention(env, 'MAX_RETAINED_PROMOTIONS', 'MIN_PROMOTION_DELETION_AGE'),
    freight: retention(env, 'MAX_RETAINED_FREIGHT', 'MIN_FREIGHT_DELETION_AGE'),
  };
}

function retention(env: Environment, kept: string, age: string): Partial<Retention> {
  const count = env[kept] ?? '';
  if (!/^\d{0,6}$/.test(count)) throw new ConfigError(`${kept} must be a whole number; found ${JSON.stringify(count)}`);
  const minimumAge = durationSetting(age, env[age]);
  if (minimumAge !== undefined && minimumAge < 0)
    throw new ConfigError(`${age} must not be negative; found ${JSON.stringify(env[age])}`);
  return { ...(count === '' ? {} : { keep: Number(count) }), ...(minimumAge === undefined ? {} : { minimumAge }) };
}
