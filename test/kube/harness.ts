import { coreKinds, Namespace, type KubeObject } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import {
  Manager,
  seededRandom,
  settled,
  VirtualClock,
  type Client,
  type Log,
  type ControllerOptions,
  type ReconcileContext,
  type Request,
  type Result,
} from '@kargo/kube';
import { contractKinds, interceptClient, Trace, Widget, type ClientHooks } from '@kargo/kube/testing';

export type Reconcile = (request: Request, context: ReconcileContext) => Promise<Result> | Result;

/** An API in memory, virtual time and a manager that has not started. */
export interface Harness {
  client: Client;
  clock: VirtualClock;
  manager: Manager;
  trace: Trace;
  /** Names of reconciled objects with the virtual time of the reconcile in milliseconds. */
  seen: string[];
  /** Adds a controller of widgets. */
  control: (reconcile: Reconcile, options?: Partial<ControllerOptions>) => void;
  widget: (name: string, spec?: Widget['spec'], metadata?: KubeObject['metadata']) => Promise<Widget>;
}

/** Opens a harness whose manager reaches the API through `hooks`. */
export async function openHarness(hooks: ClientHooks = {}, options: { relistAfter?: number; log?: Log } = {}): Promise<Harness> {
  const clock = new VirtualClock(0);
  const random = seededRandom(1);
  const api = openApiServer({ path: ':memory:', kinds: [...coreKinds, ...contractKinds], clock, random, historyLimit: 50 });
  const client = api.client();
  await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'n' } });
  const trace = new Trace(clock);
  const manager = new Manager({ client: interceptClient(client, hooks), clock, random, log: trace.log('manager'), ...options });
  const seen: string[] = [];
  return {
    client,
    clock,
    manager,
    trace,
    seen,
    control: (reconcile, options) =>
      manager.add({
        name: 'widgets',
        for: Widget,
        sources: [],
        reconciler: {
          reconcile: async (request, context) => {
            seen.push(`${request.name}@${clock.now()}`);
            return reconcile(request, context);
          },
        },
        ...options,
      }),
    widget: (name, spec = {}, metadata = {}) =>
      client.create(Widget, {
        apiVersion: 'contract.kargo.dev/v1',
        kind: 'Widget',
        metadata: { name, namespace: 'n', ...metadata },
        spec,
      }),
  };
}

/** A reconcile with nothing to do. */
export const nothing: Reconcile = () => settled;

export function key(name: string): Request {
  return { namespace: 'n', name };
}
