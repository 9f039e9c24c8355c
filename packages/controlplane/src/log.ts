import type { Clock, Log } from '@kargo/kube';
import { LOG_LEVELS, type LogLevel } from './config.ts';

type Severity = 'debug' | 'info' | 'warn' | 'error';

/** Below which level of the log a severity is not written. */
const LEVEL_OF: Record<Severity, LogLevel> = { debug: 'debug', info: 'info', warn: 'error', error: 'error' };

export interface LogOptions {
  level: LogLevel;
  format: 'console' | 'json';
  clock: Clock;
  write: (line: string) => void;
  fields?: object;
}

/** A structured log, one line an entry: for people (`console`) or for programs (`json`). */
export function createLog(options: LogOptions): Log {
  const { level, format, clock, write, fields = {} } = options;
  const entry = (severity: Severity) => {
    const shown = LOG_LEVELS.indexOf(LEVEL_OF[severity]) <= LOG_LEVELS.indexOf(level);
    return (more: object, message: string): void => {
      if (!shown) return;
      const time = new Date(clock.now()).toISOString();
      const all = { ...fields, ...more };
      write(
        format === 'json'
          ? `${JSON.stringify({ time, level: severity, msg: message, ...all })}\n`
          : `${time} ${severity.toUpperCase().padEnd(5)} ${message}${pairs(all)}\n`,
      );
    };
  };
  return {
    debug: entry('debug'),
    info: entry('info'),
    warn: entry('warn'),
    error: entry('error'),
    child: (more) => createLog({ ...options, fields: { ...fields, ...more } }),
  };
}

function pairs(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value)}`)
    .join('');
}
