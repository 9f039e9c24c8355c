import { annotations, conditionTypes, isReason, keyOf, Warehouse, type ObjectKey } from '@kargo/api';
import { PortError } from '@kargo/integrations';
import {
  clone,
  commitStatus,
  type Client,
  type Clock,
  type ControllerOptions,
  type ReconcileContext,
  type Result,
  settled,
  source,
  type Source,
  timestamp,
  waiting,
} from '@kargo/kube';
import { createFreight, type CreateFreightDeps } from './create-freight.ts';
import { decideDiscovery, discoveryInterval, pendingRefresh } from './decide-discovery.ts';
import { discover, type Discovery, type DiscoveryDeps, type DiscoveryProblem } from './discover.ts';
import { SubscriptionError } from './discovery-error.ts';
import type { Confirmation } from './image/strategy.ts';
import { forget, observe, type WarehousePass } from './warehouse-pass.ts';

const { ready, healthy, reconciling, freightCreated, freightCreationCriteriaSatisfied } = conditionTypes;

/** Longest a reconcile may take: the ports have shorter deadlines of their own. */
const TIMEOUT = 10 * 60_000;

export interface WarehouseControllerDeps extends DiscoveryDeps, Omit<CreateFreightDeps, 'client'> {
  client: Client;
  clock: Clock;
  /** Least milliseconds between two scheduled looks, whatever a Warehouse says. Default 0. */
  minimumInterval?: number | undefined;
  /** Whether this process handles the Warehouse. Default: every one. */
  owns?: ((warehouse: Warehouse) => boolean) | undefined;
  /** How many are looked at together; the ports have limits of their own for each remote. Default 64. */
  workers?: number | undefined;
}

/** The controller of Warehouses: looks at their subscriptions when that is due and makes Freight of what is new. */
export function warehouseController(deps: WarehouseControllerDeps): ControllerOptions {
  return {
    name: 'warehouse',
    for: Warehouse,
    sources: [warehouseSource(deps)],
    finished: (warehouse: Warehouse) => !concerns(deps, warehouse),
    timeout: TIMEOUT,
    // A slow remote must not keep others from being looked at.
    workers: deps.workers ?? 64,
    reconciler: { reconcile: (request, context) => reconcile(deps, request, context) },
  };
}

/** Wakes for new Warehouses, changed specs and refreshes; not for what the controller itself writes. */
function warehouseSource(deps: WarehouseControllerDeps): Source {
  return source(Warehouse, ({ object, old }) => {
    if (object === undefined || !concerns(deps, object)) return [];
    const token = (warehouse: Warehouse | undefined): string => warehouse?.metadata.annotations?.[annotations.refresh] ?? '';
    const isNews =
      old === undefined ||
      old.metadata.generation !== object.metadata.generation ||
      !concerns(deps, old) ||
      (token(object) !== '' && token(old) !== token(object));
    return isNews ? [{ namespace: object.metadata.namespace, name: object.metadata.name ?? '' }] : [];
  });
}

function concerns({ owns }: WarehouseControllerDeps, warehouse: Warehouse): boolean {
  return warehouse.metadata.deletionTimestamp === undefined && (owns === undefined || owns(warehouse));
}

async function reconcile(deps: WarehouseControllerDeps, request: ObjectKey, context: ReconcileContext): Promise<Result> {
  const read = await find(deps, request, context);
  if (read === undefined || !concerns(deps, read)) return settled;
  const { clock, client, minimumInterval = 0 } = deps;
  const decision = decideDiscovery(read, clock.now(), minimumInterval);
  // A look that merely is due again says nothing beforehand: Ready would change twice in every interval for no one's benefit.
  const isSilent = decision.kind === 'wait' || decision.why === 'IntervalElapsed';
  const warehouse = isSilent ? read : await announce(deps, read, decision.why, context);
  const pass: WarehousePass = { warehouse, status: clone(warehouse.status ?? {}), now: clock.now() };
  const write = (): Promise<void> => writeStatus(client, pass, context);

  let remarks = '';
  if (decision.kind === 'discover') {
    const { problems, complete, passedOver } = await look(
      deps,
      pass,
      decision.why === 'IntervalElapsed' ? 'routine' : 'thorough',
      context,
    );
    if (problems.length > 0) {
      // What the others found is not held up by those whose trouble will pass.
      const news = complete && problems.length < warehouse.spec.subscriptions.length;
      try {
        if (news) await createFreight(deps, pass);
      } finally {
        const { message } = failure(problems);
        observe(pass, healthy, 'False', 'DiscoveryFailed', message);
        observe(pass, ready, 'False', 'DiscoveryFailure', message);
        await write();
      }
      const silence = silenceAsked(problems);
      if (silence !== undefined) return untilSilenceEnds(deps, pass, silence, failure(problems).message);
      if (problems.some(({ error }) => !(error instanceof SubscriptionError))) throw failure(problems);
      return untilNextLook(deps, pass, 'InvalidSubscription', failure(problems).message);
    }
    remarks = remarksOn(passedOver);
  }
  try {
    if (await createFreight(deps, pass)) {
      observe(pass, healthy, 'True', 'ReconciliationSucceeded', 'all subscriptions were looked at');
      observe(pass, ready, 'True', 'ArtifactsDiscovered', `${describe(pass)}${remarks}`);
    }
  } catch (error) {
    await write();
    throw error;
  }
  forget(pass, reconciling);
  const token = pendingRefresh(warehouse);
  if (token !== undefined) pass.status.lastHandledRefresh = token;
  if (warehouse.metadata.generation !== undefined) pass.status.observedGeneration = warehouse.metadata.generation;
  await write();
  return untilNextLook(deps, pass, 'NextDiscovery', describe(pass));
}

async function find(
  { client }: WarehouseControllerDeps,
  key: ObjectKey,
  { signal }: ReconcileContext,
): Promise<Warehouse | undefined> {
  try {
    return await client.get(Warehouse, key, { signal });
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}

/** Says in the status that subscriptions are being looked at, as that can take a while. */
async function announce(
  { client, clock }: WarehouseControllerDeps,
  warehouse: Warehouse,
  why: string,
  { signal }: ReconcileContext,
): Promise<Warehouse> {
  const pass: WarehousePass = { warehouse, status: clone(warehouse.status ?? {}), now: clock.now() };
  observe(pass, reconciling, 'True', 'ScheduledDiscovery', `looking at the subscriptions (${why})`);
  observe(pass, ready, 'False', 'DiscoveryInProgress', 'the subscriptions are being looked at');
  observe(pass, healthy, 'Unknown', 'Pending', 'the subscriptions are being looked at');
  forget(pass, freightCreated, freightCreationCriteriaSatisfied);
  return commitStatus(client, Warehouse, warehouse, { ...warehouse, status: pass.status }, { signal });
}

/**
 * Writes the status. If others wrote the Warehouse meanwhile, but not its spec, what was found still holds and is written all the same:
 * looking can take long, and annotations come at any time. Fails with `Conflict` when the spec has changed.
 */
async function writeStatus(client: Client, { warehouse, status }: WarehousePass, { signal }: ReconcileContext): Promise<void> {
  try {
    await commitStatus(client, Warehouse, warehouse, { ...warehouse, status }, { signal });
  } catch (error) {
    if (!isReason(error, 'Conflict')) throw error;
    const latest = await client.get(Warehouse, keyOf(warehouse), { signal });
    const { uid, generation } = warehouse.metadata;
    if (latest.metadata.uid !== uid || latest.metadata.generation !== generation) throw error;
    await commitStatus(client, Warehouse, latest, { ...latest, status }, { signal });
  }
}

/** Looks at the subscriptions, and takes what was found into the status. The look counts as one only if nothing went wrong. */
async function look(
  deps: WarehouseControllerDeps,
  pass: WarehousePass,
  confirm: Confirmation,
  { signal }: ReconcileContext,
): Promise<Discovery> {
  const { warehouse, status } = pass;
  const isSameSpec = warehouse.metadata.generation === status.observedGeneration;
  const discovery = await discover(deps, warehouse, {
    previous: isSameSpec ? status.discoveredArtifacts : undefined,
    discoveredAt: timestamp(pass.now),
    confirm,
    signal,
  });
  const { discoveredAt: last } = status.discoveredArtifacts ?? {};
  const { discoveredAt: now, ...found } = discovery.artifacts;
  const at = discovery.problems.length === 0 ? now : isSameSpec ? last : undefined;
  status.discoveredArtifacts = { ...(at === undefined ? {} : { discoveredAt: at }), ...found };
  return discovery;
}

/**
 * Until when those who are asked want to be left alone, if that is all that is wrong (epoch milliseconds): nothing would come of asking
 * before. Undefined if something else is wrong that passes, which is tried again as usual.
 */
function silenceAsked(problems: readonly DiscoveryProblem[]): number | undefined {
  const passing = problems.filter(({ error }) => !(error instanceof SubscriptionError));
  const ends = passing.flatMap(({ error }) => (error instanceof PortError ? (error.retryAt ?? []) : []));
  return passing.length > 0 && ends.length === passing.length ? Math.min(...ends) : undefined;
}

function failure(problems: readonly DiscoveryProblem[]): Error {
  const message = problems
    .map(
      ({ subscription, error, bridged }) =>
        `${subscription}: ${error.message}${bridged ? ' (what it found before counts until then)' : ''}`,
    )
    .join('; ');
  return new Error(message, { cause: problems[0]?.error });
}

/** What was passed over, as far as it fits into a condition. */
function remarksOn(passedOver: readonly string[]): string {
  if (passedOver.length === 0) return '';
  const rest = passedOver.length > 3 ? `; and ${passedOver.length - 3} more` : '';
  return `; passed over ${passedOver.slice(0, 3).join('; ').slice(0, 1000)}${rest}`;
}

function describe({ status }: WarehousePass): string {
  const { git = [], images = [], charts = [], results = [] } = status.discoveredArtifacts ?? {};
  const count = git.length + images.length + charts.length + results.length;
  return `artifacts of ${count} ${count === 1 ? 'subscription' : 'subscriptions'} were discovered`;
}

/** The others are looked at in their intervals meanwhile. */
function untilSilenceEnds(
  deps: WarehouseControllerDeps,
  { warehouse, now }: WarehousePass,
  end: number,
  message: string,
): Result {
  const interval = now + discoveryInterval(warehouse, deps.minimumInterval ?? 0);
  const isAlone = warehouse.spec.subscriptions.length === 1;
  const at = Math.max(isAlone ? end : Math.min(end, interval), deps.clock.now() + 1000);
  return waiting(
    'RateLimited',
    message,
    { kind: 'poll', at, why: at === end ? 'it may be asked again' : 'repositories are looked at in intervals' },
    { kind: 'event', on: 'the spec changes or a refresh is requested' },
  );
}

function untilNextLook(
  deps: WarehouseControllerDeps,
  { warehouse, status, now }: WarehousePass,
  reason: string,
  message: string,
): Result {
  const interval = discoveryInterval(warehouse, deps.minimumInterval ?? 0);
  const last = reason === 'InvalidSubscription' ? now : Date.parse(status.discoveredArtifacts?.discoveredAt ?? '');
  const at = Math.max((Number.isNaN(last) ? now : last) + interval, deps.clock.now() + 100);
  return waiting(
    reason,
    message,
    { kind: 'poll', at, why: 'repositories are looked at in intervals' },
    { kind: 'event', on: 'the spec changes or a refresh is requested' },
  );
}
