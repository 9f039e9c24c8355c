import { expect, it } from 'vitest';
import type { KubeObject } from '@kargo/api';
import { kindOfObject, normalizeManifests } from './manifest.ts';

it('never lets what comes from git have Jobs really run', async () => {
  const labels = { app: 'web', 'kargo.akuity.io/run-job': 'true', 'analysisrun.argoproj.io/uid': 'x' };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job', labels } };
  const kindOf = async (object: KubeObject) => kindOfObject(object);
  const { manifests } = await normalizeManifests([job], { app: 'web', namespace: 'web', kindOf });
  expect(manifests.map(({ object }) => object.metadata.labels)).toEqual([{ app: 'web' }]);
});
