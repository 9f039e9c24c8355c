import type { KubeObject, ObjectKey, Kind } from '@kargo/api';
import { isReason } from '@kargo/api';
import type { StepChecker } from '@kargo/promotion';
import type { Authorizer, Client, Clock, Random, Reader, UserInfo } from '@kargo/kube';
import type { EventRecorder } from '../events/recorder.ts';

/** What the rules need. They act with the rights of the control plane. */
export interface AdmissionDeps {
  client: Client;
  clock: Clock;
  random: Random;
  authorizer: Authorizer;
  /** Makes lower-case ULIDs that rise; one generator for all Promotions. */
  ulid: () => string;
  /** Whether a request comes from a component of the control plane. */
  isControlPlane: (user: UserInfo) => boolean;
  events: { freight: EventRecorder; promotion: EventRecorder };
  /** Names of the promotion steps there are. */
  steps: ReadonlySet<string>;
  /** Finds what is wrong with steps before they run; absent: they are not looked at closely. */
  checker?: Pick<StepChecker, 'check' | 'variables'> | undefined;
  /** Whether image subscriptions must, may or may not be looked up by tag in caches. Default `Allow`. */
  cacheByTagPolicy?: 'Forbid' | 'Allow' | 'Require' | 'Force' | undefined;
}

/** The object, or undefined if there is none. Other failures are thrown. */
export async function find<T extends KubeObject>(
  reader: Pick<Reader, 'get'>,
  kind: Kind<T>,
  key: ObjectKey,
): Promise<T | undefined> {
  try {
    return await reader.get(kind, key);
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
