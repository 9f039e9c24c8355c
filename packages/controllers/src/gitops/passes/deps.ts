import { Application } from '@kargo/api';
import { createMergePatch, type Client, type Clock } from '@kargo/kube';
import type { LookDeps } from '../look.ts';

export interface PassDeps extends LookDeps {
  client: Client;
  clock: Clock;
  /** Whether hooks that are Jobs can really be run, for Applications that ask for it. */
  runsJobs?: boolean | undefined;
}

/** Writes what changed, against the version that was read: a request that came meanwhile is a conflict, and never lost. */
export async function writeApplication(client: Client, before: Application, after: Application): Promise<Application> {
  const patch = createMergePatch(before, after);
  if (patch === undefined) return before;
  const metadata = { ...(patch['metadata'] as object | undefined), resourceVersion: before.metadata.resourceVersion ?? '' };
  return client.patch(
    Application,
    { namespace: before.metadata.namespace, name: before.metadata.name ?? '' },
    { type: 'merge', body: { ...patch, metadata } },
    { fieldManager: 'kargo-gitops' },
  );
}
