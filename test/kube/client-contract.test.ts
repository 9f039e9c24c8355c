import { coreKinds, type KubeObject } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { seededRandom, silentLog, systemClock, type Client } from '@kargo/kube';
import { contractKinds, describeClientContract, Widget } from '@kargo/kube/testing';

const HISTORY = 100;

/** Pushes everything before now out of the history by writing more than it holds. */
async function compact(client: Client): Promise<void> {
  const filler: KubeObject = {
    apiVersion: 'contract.kargo.dev/v1',
    kind: 'Widget',
    metadata: { generateName: 'filler-', namespace: 'default' },
  };
  const { metadata } = await client.create(Widget, filler as Widget);
  const key = { namespace: 'default', name: metadata.name ?? '' };
  for (let size = 0; size <= HISTORY; size++) await client.patch(Widget, key, { type: 'merge', body: { spec: { size } } });
}

describeClientContract(
  'the embedded API in this process',
  () => {
    const api = openApiServer({
      path: ':memory:',
      kinds: [...coreKinds, ...contractKinds],
      clock: systemClock,
      random: seededRandom(1),
      log: silentLog,
      historyLimit: HISTORY,
    });
    const client = api.client();
    return { client, compact: () => compact(client), close: () => api.close() };
  },
  {
    skip: [
      {
        reason: 'the embedded API does not collect dependents yet',
        tests: [
          'removes dependents of a deleted owner',
          'keeps dependents when asked to orphan them',
          'keeps a dependent as long as one of its owners exists',
        ],
      },
      {
        reason: 'the embedded API does not serve server-side apply yet',
        tests: [
          'creates and changes objects by server-side apply, removing what is no longer applied',
          'does not let one manager apply over the fields of another unless forced',
        ],
      },
      { reason: 'the embedded API ignores a name in a patch', tests: ['does not let a patch rename an object'] },
    ],
  },
);
