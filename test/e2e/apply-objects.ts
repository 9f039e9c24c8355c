import { allKinds, apiVersionOf, isReason, type KubeObject } from '@kargo/api';
import type { Client } from '@kargo/kube';

/** Creates objects in order, waiting for the namespace of a Project to appear before what lives in it. */
export async function applyObjects(client: Client, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const kind = allKinds.find((candidate) => candidate.kind === object.kind && apiVersionOf(candidate) === object.apiVersion);
    if (kind === undefined) throw new Error(`no kind ${object.apiVersion} ${object.kind}`);
    for (let attempt = 0; ; attempt += 1) {
      try {
        await client.create(kind, object);
        break;
      } catch (error) {
        if (!isReason(error, 'NotFound', 'Forbidden', 'Invalid') || attempt === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}
