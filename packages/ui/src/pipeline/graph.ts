import { isControlFlowStage, type Stage, type Warehouse } from '@kargo/api';
import { subscriptionsOf } from './subscriptions.ts';

/** What a node of the graph is; sizes are in pixels. */
export interface GraphNode {
  id: string;
  kind: 'source' | 'warehouse' | 'stage' | 'control';
  name: string;
  width: number;
  height: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  /** Warehouses whose freight goes this way. */
  origins: string[];
}

export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
}

export interface Position {
  x: number;
  y: number;
}

const SIZES = {
  source: { width: 190, height: 34 },
  warehouse: { width: 190, height: 62 },
  stage: { width: 224, height: 96 },
  control: { width: 150, height: 40 },
} as const;

export const idOf = {
  source: (warehouse: string, index: number): string => `source ${warehouse} ${index}`,
  warehouse: (name: string): string => `warehouse ${name}`,
  stage: (name: string): string => `stage ${name}`,
};

/** Nodes and edges of a project: sources, warehouses, stages, in an order that does not depend on that of the input. */
export function graphOf(
  warehouses: Iterable<Warehouse>,
  stages: Iterable<Stage>,
  { sources, hidden }: { sources: boolean; hidden?: ReadonlySet<string> | undefined },
): Graph {
  const nodes: GraphNode[] = [];
  const edges = new Map<string, GraphEdge>();
  const known = new Set<string>();
  const add = (id: string, kind: GraphNode['kind'], name: string): void => {
    known.add(id);
    nodes.push({ id, kind, name, ...SIZES[kind] });
  };
  const connect = (from: string, to: string, origin: string): void => {
    const edge = edges.get(`${from}\n${to}`);
    if (edge === undefined) edges.set(`${from}\n${to}`, { from, to, origins: [origin] });
    else if (!edge.origins.includes(origin)) edge.origins.push(origin);
  };
  const sorted = <T extends { metadata: { name?: string | undefined } }>(all: Iterable<T>): T[] =>
    [...all].toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  for (const warehouse of sorted(warehouses)) {
    const name = warehouse.metadata.name ?? '';
    add(idOf.warehouse(name), 'warehouse', name);
    if (!sources) continue;
    for (const [index, { repository }] of subscriptionsOf(warehouse).entries()) {
      add(idOf.source(name, index), 'source', repository);
      connect(idOf.source(name, index), idOf.warehouse(name), name);
    }
  }
  const shown = sorted(stages).filter(({ metadata }) => hidden?.has(metadata.name ?? '') !== true);
  for (const stage of shown) {
    const name = stage.metadata.name ?? '';
    add(idOf.stage(name), isControlFlowStage(stage) ? 'control' : 'stage', name);
  }
  for (const { metadata, spec } of shown)
    for (const { origin, sources: from } of spec.requestedFreight) {
      const to = idOf.stage(metadata.name ?? '');
      if (from.direct === true) connect(idOf.warehouse(origin.name), to, origin.name);
      for (const upstream of from.stages ?? []) connect(idOf.stage(upstream), to, origin.name);
    }
  return { nodes, edges: [...edges.values()].filter(({ from, to }) => known.has(from) && known.has(to)) };
}

/** The stages behind these, at any distance. */
export function descendantsOf(stages: Iterable<Stage>, names: Iterable<string>): Set<string> {
  const below = new Map<string, string[]>();
  for (const { metadata, spec } of stages)
    for (const { sources } of spec.requestedFreight)
      for (const upstream of sources.stages ?? []) below.set(upstream, [...(below.get(upstream) ?? []), metadata.name ?? '']);
  const found = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop())
    for (const next of below.get(name) ?? [])
      if (!found.has(next)) {
        found.add(next);
        queue.push(next);
      }
  return found;
}
