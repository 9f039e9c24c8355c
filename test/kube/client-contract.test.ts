import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coreKinds } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, systemClock } from '@kargo/kube';
import { contractKinds, describeClientContract } from '@kargo/kube/testing';

// In memory and over HTTP, the contract stands in test/apiserver.
describeClientContract('the embedded API on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kargo-contract-'));
  const api = openApiServer({
    path: join(folder, 'store.db'),
    kinds: [...coreKinds, ...contractKinds],
    clock: systemClock,
    random: seededRandom(1),
    durability: 'normal',
  });
  return {
    client: api.client(),
    compact: api.compact,
    sendBookmarks: api.sendBookmarks,
    close: async () => {
      await api.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
});
