import { describe, expect, it } from 'vitest';
import { decodeSubscription } from './subscription.ts';

describe('subscriptions', () => {
  it.each<[unknown, unknown]>([
    [{ git: { repoURL: 'u' } }, { type: 'git', name: undefined, git: { repoURL: 'u' } }],
    [
      { name: 'n', image: { repoURL: 'u' } },
      { type: 'image', name: 'n', image: { repoURL: 'u' } },
    ],
    [{ chart: { repoURL: 'u', name: 'c' } }, { type: 'chart', name: undefined, chart: { repoURL: 'u', name: 'c' } }],
    [
      { name: 'n', s3: { bucket: 'b' } },
      { type: 'other', name: 'n', artifactType: 's3', config: { bucket: 'b' } },
    ],
  ])('%j is read', (value, subscription) => {
    expect(decodeSubscription(value)).toEqual({ kind: 'ok', subscription });
  });

  it.each([{}, { name: 'n' }, { git: { repoURL: 'u' }, image: { repoURL: 'u' } }, [], 'x', null, { git: 1 }, { git: {} }])(
    '%j is refused',
    (value) => {
      expect(decodeSubscription(value).kind).toBe('invalid');
    },
  );
});
