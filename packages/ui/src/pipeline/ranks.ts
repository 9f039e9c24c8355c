import type { Stage } from '@kargo/api';

/** Warehouses a Stage takes Freight from, directly or through others. */
export function originsOf(stage: Stage): string[] {
  return stage.spec.requestedFreight.map(({ origin }) => origin.name);
}

/** Upstream Stages of a Stage for one origin; empty where it takes Freight directly only. */
export function upstreamsOf(stage: Stage, origin: string): string[] {
  return stage.spec.requestedFreight
    .filter((request) => request.origin.name === origin)
    .flatMap(({ sources }) => sources.stages ?? []);
}

/**
 * The columns of the board for one origin: Stages by how far they are from the warehouse (longest way), names ascending within a column.
 * Stages in a cycle, or below a Stage that does not exist, come as far left as what is known allows.
 */
export function ranksOf(stages: readonly Stage[], origin: string): Stage[][] {
  const concerned = stages.filter((stage) => originsOf(stage).includes(origin));
  const byName = new Map(concerned.map((stage) => [stage.metadata.name ?? '', stage]));
  const ranks = new Map<string, number>();
  const rankOf = (name: string, path: ReadonlySet<string>): number => {
    const known = ranks.get(name);
    if (known !== undefined) return known;
    const stage = byName.get(name);
    if (stage === undefined || path.has(name)) return -1;
    const next = new Set(path).add(name);
    const rank = 1 + Math.max(-1, ...upstreamsOf(stage, origin).map((upstream) => rankOf(upstream, next)));
    ranks.set(name, rank);
    return rank;
  };
  const columns: Stage[][] = [];
  for (const stage of concerned.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))) {
    const rank = rankOf(stage.metadata.name ?? '', new Set());
    (columns[rank] ??= []).push(stage);
  }
  return columns.filter((column) => column !== undefined);
}

/** Names of the Stages that take Freight from a Stage. */
export function downstreamOf(stages: readonly Stage[], name: string): string[] {
  return stages
    .filter(({ spec }) => spec.requestedFreight.some(({ sources }) => (sources.stages ?? []).includes(name)))
    .map(({ metadata }) => metadata.name ?? '');
}
