import { createHash } from 'node:crypto';

const MAX_LENGTH = 63;

/**
 * Name of the Job of a measurement: `<run uid>.<metric>.<ordinal>`, at most 63 characters. A metric name that had to be changed to be
 * valid or short enough ends in a hash of the original, so that two metrics never share a Job.
 */
export function jobName(runUID: string, metric: string, ordinal: number): string {
  const room = MAX_LENGTH - runUID.length - String(ordinal).length - 2;
  const clean = metric
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  if (clean === metric && clean.length <= room) return `${runUID}.${clean}.${ordinal}`;
  const hash = createHash('sha256').update(metric).digest('hex').slice(0, 6);
  const head = clean.slice(0, Math.max(0, room - hash.length - 1)).replace(/-+$/, '');
  return `${runUID}.${head === '' ? hash : `${head}-${hash}`}.${ordinal}`;
}
