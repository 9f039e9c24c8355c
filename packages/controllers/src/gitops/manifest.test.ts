import { expect, it } from 'vitest';
import { normalizeManifests } from './manifest.ts';

it('never lets what comes from git have Jobs really run', () => {
  const labels = { app: 'web', 'kargo.akuity.io/run-job': 'true', 'analysisrun.argoproj.io/uid': 'x' };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job', labels } };
  const { manifests } = normalizeManifests([job], { app: 'web', namespace: 'web' });
  expect(manifests.map(({ object }) => object.metadata.labels)).toEqual([{ app: 'web' }]);
});
