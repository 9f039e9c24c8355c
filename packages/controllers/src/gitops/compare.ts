import type { Kind, Workload } from '@kargo/api';
import { equal } from '@kargo/kube';
import type { LiveObject } from './destinations/port.ts';
import { isHook } from './sync/hooks.ts';
import { hasForgotten } from './last-applied.ts';
import type { WithoutIgnored } from './ignore-differences.ts';
import { describeObject, type Manifest } from './manifest.ts';

/** How one object of an Application stands. */
export interface Comparison {
  kind: Kind<Workload>;
  target: Workload | undefined;
  live: Workload | undefined;
  synced: boolean;
  requiresPruning: boolean;
  /** Hooks and skipped objects do not count. */
  counted: boolean;
}

/**
 * Pairs desired with live objects. An object is out of sync when a field it asks for differs or is missing live, or when the live object
 * still has one that was applied last and is no longer asked for. Other fields that only the live object has, and `status`, never count.
 * Where the destination has predicted what an object would become, by name, that decides.
 */
export function compare(
  targets: readonly Manifest[],
  live: readonly LiveObject[],
  ignored: WithoutIgnored = (object) => object,
  predicted: ReadonlyMap<string, Workload> = new Map(),
): Comparison[] {
  const byName = new Map(live.map((item) => [describeObject(item.object), item]));
  const out: Comparison[] = [];
  for (const { kind, object } of targets) {
    const name = describeObject(object);
    const found = byName.get(name)?.object;
    byName.delete(name);
    out.push({
      kind,
      target: object,
      live: found,
      synced: found !== undefined && isSynced(object, found, predicted.get(name), ignored),
      requiresPruning: false,
      counted: !isHook(object),
    });
  }
  for (const { kind, object } of byName.values()) {
    const extraneous = object.metadata.annotations?.['argocd.argoproj.io/compare-options']?.includes('IgnoreExtraneous') === true;
    out.push({
      kind,
      target: undefined,
      live: object,
      synced: false,
      requiresPruning: true,
      counted: !extraneous && !isHook(object),
    });
  }
  return out;
}

function isSynced(target: Workload, live: Workload, predicted: Workload | undefined, ignored: WithoutIgnored): boolean {
  if (predicted === undefined) return isAsDesired(ignored(target, live), ignored(live));
  return predicted === live || equal(withoutNoise(ignored(predicted, live)), withoutNoise(ignored(live)));
}

/** An object without what every write changes. */
export function withoutNoise(object: Workload): Workload {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _version, generation: _generation, ...others } = metadata;
  const { managedFields: _fields, ...kept } = others as typeof others & { managedFields?: unknown };
  return { ...rest, metadata: kept } as Workload;
}

function isAsDesired(target: Workload, live: Workload): boolean {
  return covers(desiredFields(target), desiredFields(live)) && !hasForgotten(live, target);
}

function desiredFields(object: Workload): Record<string, unknown> {
  const {
    status: _status,
    metadata,
    ...rest
  } = object as Workload & { stringData?: Record<string, string>; data?: Record<string, string> };
  const { stringData, data, ...others } = rest;
  const encoded =
    stringData === undefined
      ? {}
      : Object.fromEntries(Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
  return {
    ...others,
    ...(data === undefined && stringData === undefined ? {} : { data: { ...data, ...encoded } }),
    metadata: { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} },
  };
}

/** Whether `live` has everything that `target` asks for. Lists must agree as a whole; null and absent are the same. */
function covers(target: unknown, live: unknown): boolean {
  if (target === null || target === undefined) return live === null || live === undefined;
  if (Array.isArray(target))
    return Array.isArray(live) && live.length === target.length && target.every((item, index) => covers(item, live[index]));
  if (typeof target === 'object') {
    if (typeof live !== 'object' || live === null || Array.isArray(live))
      return Object.keys(target).length === 0 && live === undefined;
    return Object.entries(target).every(([key, value]) => covers(value, (live as Record<string, unknown>)[key]));
  }
  return target === live;
}
