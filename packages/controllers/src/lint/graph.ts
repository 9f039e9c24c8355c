import { originKey, type FreightRequest, type Stage } from '@kargo/api';

/** What is wrong with how Stages stand behind each other. `request` and `upstream` are indexes into the Stage's spec. */
export interface GraphFinding {
  code: 'unknown-warehouse' | 'unknown-upstream' | 'upstream-without-origin' | 'cycle' | 'unreachable';
  severity: 'error' | 'warning';
  stage: Stage;
  request: number;
  upstream?: number | undefined;
  message: string;
  known?: readonly string[] | undefined;
  name?: string | undefined;
}

/** Stages and names of Warehouses of one Project, as far as they are given. */
export interface Pipeline {
  /** Where they are given: `in these files`. */
  where: string;
  stages: readonly Stage[];
  warehouses: readonly string[];
}

/** Findings in a pipeline: sources that are not there, Stages that wait for each other, Stages that no Freight ever reaches. */
export function graphFindings({ stages, warehouses, where }: Pipeline): GraphFinding[] {
  const byName = new Map(stages.map((stage) => [nameOf(stage), stage]));
  const out: GraphFinding[] = [];
  for (const stage of stages) {
    stage.spec.requestedFreight.forEach((request, index) => {
      out.push(...sourceFindings(stage, request, index, { byName, warehouses, where }));
      const finding = reachability(stage, request, index, byName);
      if (finding !== undefined) out.push(finding);
    });
  }
  return out;
}

function sourceFindings(
  stage: Stage,
  { origin, sources }: FreightRequest,
  request: number,
  { byName, warehouses, where }: Pick<Pipeline, 'warehouses' | 'where'> & { byName: ReadonlyMap<string, Stage> },
): GraphFinding[] {
  const out: GraphFinding[] = [];
  if (!warehouses.includes(origin.name))
    out.push({
      code: 'unknown-warehouse',
      // With none at all, they stand somewhere else.
      severity: warehouses.length > 0 ? 'error' : 'warning',
      stage,
      request,
      message: `there is no Warehouse "${origin.name}" ${where}`,
      name: origin.name,
      known: warehouses,
    });
  (sources.stages ?? []).forEach((name, upstream) => {
    const found = byName.get(name);
    // A Stage that is its own upstream is refused by the rules of Stages.
    if (name === nameOf(stage)) return;
    if (found === undefined) {
      const known = [...byName.keys()].filter((other) => other !== nameOf(stage));
      out.push({
        code: 'unknown-upstream',
        severity: known.length > 0 ? 'error' : 'warning',
        stage,
        request,
        upstream,
        message: `there is no Stage "${name}" ${where}`,
        name,
        known,
      });
    } else if (requestOf(found, originKey(origin)) === undefined) {
      out.push({
        code: 'upstream-without-origin',
        severity: 'warning',
        stage,
        request,
        upstream,
        message: `Stage "${name}" does not request Freight of ${originKey(origin)}: none can arrive through it`,
      });
    }
  });
  return out;
}

/** Whether the origin's Freight can ever arrive. Stages that are not given are taken to have it. */
function reachability(
  stage: Stage,
  { origin, sources }: FreightRequest,
  request: number,
  byName: ReadonlyMap<string, Stage>,
): GraphFinding | undefined {
  const key = originKey(origin);
  const start = nameOf(stage);
  // Without any source it is refused by the rules of Stages.
  if (sources.direct === true || (sources.stages ?? []).length === 0) return undefined;
  const seen = new Map<string, string | undefined>([[start, undefined]]);
  const pending = [start];
  let cycle: string[] | undefined;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const current = byName.get(name);
    if (current === undefined) return undefined;
    const from = requestOf(current, key)?.sources;
    if (from?.direct === true) return undefined;
    for (const upstream of from?.stages ?? []) {
      if (upstream === start && name !== start) cycle ??= wayTo(seen, name);
      if (seen.has(upstream)) continue;
      seen.set(upstream, name);
      pending.push(upstream);
    }
  }
  if (cycle !== undefined)
    return {
      code: 'cycle',
      severity: 'error',
      stage,
      request,
      message: `Stages wait for each other for Freight of ${key}: ${[...cycle, start].join(' ← ')}`,
    };
  return {
    code: 'unreachable',
    severity: 'error',
    stage,
    request,
    message: `no Freight of ${key} can ever reach Stage "${start}": none of the Stages before it takes it straight from its origin`,
  };
}

function wayTo(seen: ReadonlyMap<string, string | undefined>, name: string): string[] {
  const way: string[] = [];
  for (let at: string | undefined = name; at !== undefined; at = seen.get(at)) way.unshift(at);
  return way;
}

function requestOf(stage: Stage, key: string): FreightRequest | undefined {
  return stage.spec.requestedFreight.find(({ origin }) => originKey(origin) === key);
}

function nameOf({ metadata }: Stage): string {
  return metadata.name ?? '';
}
