import { Background, Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, type Edge, type Node } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useEffect, useMemo, useState } from 'react';
import { useNavigate } from 'react-router';
import { useQuery } from '../../components/use-query.ts';
import { stageMatches, warehouseMatches, wordsOf } from '../../pipeline/filter.ts';
import { descendantsOf, graphOf, idOf } from '../../pipeline/graph.ts';
import { lookOfStage } from '../../pipeline/state.ts';
import type { Model } from '../pipeline/use-model.ts';
import { ControlNode, GraphContext, SourceNode, StageNode, WarehouseNode } from './nodes.tsx';
import { useLayout } from './use-layout.ts';

const NODE_TYPES = { source: SourceNode, warehouse: WarehouseNode, stage: StageNode, control: ControlNode };

interface Props {
  project: string;
  origin: string;
  model: Model;
}

/** The pipeline as a graph: sources, warehouses, stages, from left to right. */
export default function GraphView(props: Props): React.ReactNode {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ project, origin, model }: Props): React.ReactNode {
  const { data } = model;
  const navigate = useNavigate();
  const [query, setQuery] = useQuery();
  const flow = useReactFlow();
  const [hovered, setHovered] = useState<string>();
  const sources = query.get('sources') === '1';
  const stepped = query.get('edges') === 'stepped';
  const folded = useMemo(() => new Set((query.get('fold') ?? '').split(',').filter((name) => name !== '')), [query]);
  const hidden = useMemo(() => descendantsOf(data.stages.values(), folded), [data.stages, folded]);
  const words = useMemo(() => wordsOf(query.get('q') ?? ''), [query]);
  const graph = useMemo(
    () => graphOf(data.warehouses.values(), data.stages.values(), { sources, hidden }),
    [data.warehouses, data.stages, sources, hidden],
  );
  const { positions, error } = useLayout(graph);

  const matching = useMemo(() => {
    if (words.length === 0) return undefined;
    return new Set([
      ...[...data.stages.values()]
        .filter((stage) => stageMatches(stage, words))
        .map(({ metadata }) => idOf.stage(metadata.name ?? '')),
      ...[...data.warehouses.values()]
        .filter((each) => warehouseMatches(each, words))
        .map(({ metadata }) => idOf.warehouse(metadata.name ?? '')),
    ]);
  }, [words, data.stages, data.warehouses]);
  // A warehouse under the pointer shows where its freight goes.
  const lit = hovered !== undefined && hovered.startsWith('warehouse ') ? hovered.slice('warehouse '.length) : undefined;

  const nodes = useMemo(
    (): Node[] =>
      positions === undefined
        ? []
        : graph.nodes.flatMap(({ id, kind, name, width, height }): Node[] => {
            const position = positions[id];
            if (position === undefined) return [];
            const dim =
              (matching !== undefined && !matching.has(id)) || (lit !== undefined && !concerns(model, id, kind, name, lit));
            return [
              {
                id,
                type: kind,
                position,
                width,
                height,
                data: { name },
                draggable: false,
                connectable: false,
                selectable: false,
                className: dim ? 'dim' : '',
              },
            ];
          }),
    [graph, positions, matching, lit, model.data.stages],
  );
  const edges = useMemo(
    (): Edge[] =>
      graph.edges.map(({ from, to, origins }) => {
        const stage = to.startsWith('stage ') ? data.stages.get(to.slice(6)) : undefined;
        const moving = stage?.status?.currentPromotion !== undefined;
        return {
          id: `${from} ${to}`,
          source: from,
          target: to,
          type: stepped ? 'smoothstep' : 'default',
          animated: moving,
          focusable: false,
          className: [moving ? 'moving' : '', lit !== undefined && origins.includes(lit) ? 'lit' : ''].join(' '),
        };
      }),
    [graph, data.stages, stepped, lit],
  );

  const foundIds = matching === undefined ? '' : [...matching].join('\n');
  useEffect(() => {
    if (positions === undefined || foundIds === '') return;
    const ids = foundIds.split('\n').map((id) => ({ id }));
    if (ids.length < graph.nodes.length) void flow.fitView({ nodes: ids, maxZoom: 1, duration: 200 });
  }, [foundIds, positions === undefined]);

  const toggle = (key: string, value: string): void => setQuery({ [key]: query.get(key) === value ? undefined : value });
  const fold = (name: string): void => {
    const names = new Set(folded);
    if (!names.delete(name)) names.add(name);
    setQuery({ fold: [...names].join(',') });
  };
  if (error !== undefined) return <p className="notice bad">The graph could not be laid out: {error}</p>;
  return (
    <GraphContext value={{ project, origin, model, folded, fold }}>
      <div className="graph" role="region" aria-label="Pipeline as a graph">
        {positions === undefined ? (
          <p className="notice muted" role="status">
            Laying out {graph.nodes.length} nodes
          </p>
        ) : (
          <ReactFlow
            nodes={nodes}
            edges={edges}
            nodeTypes={NODE_TYPES}
            onlyRenderVisibleElements
            fitView
            fitViewOptions={{ maxZoom: 1, minZoom: 0.35 }}
            minZoom={0.1}
            maxZoom={1.5}
            nodesFocusable={false}
            proOptions={{ hideAttribution: true }}
            onNodeMouseEnter={(_event, { id }) => setHovered(id)}
            onNodeMouseLeave={() => setHovered(undefined)}
            onNodeClick={(_event, { type, data: { name } }) => {
              const search = window.location.search;
              if (type === 'stage' || type === 'control')
                void navigate({ pathname: `/project/${project}/stage/${String(name)}`, search });
              if (type === 'warehouse') void navigate({ pathname: `/project/${project}/warehouse/${String(name)}`, search });
            }}
          >
            <Background gap={24} size={1} />
            <Controls showInteractive={false} />
            <MiniMap
              pannable
              zoomable
              nodeColor={(node) => `var(--${toneOf(model, node)})`}
              nodeBorderRadius={6}
              ariaLabel="Map of the graph"
            />
          </ReactFlow>
        )}
        <div className="graph-tools">
          <button type="button" className="btn small" aria-pressed={sources} onClick={() => toggle('sources', '1')}>
            Sources
          </button>
          <button type="button" className="btn small" aria-pressed={stepped} onClick={() => toggle('edges', 'stepped')}>
            Stepped edges
          </button>
        </div>
      </div>
    </GraphContext>
  );
}

/** Whether a node has to do with the freight of a warehouse. */
function concerns(model: Model, id: string, kind: string, name: string, origin: string): boolean {
  if (kind === 'source') return id.startsWith(`source ${origin} `);
  if (kind === 'warehouse') return name === origin;
  return model.data.stages.get(name)?.spec.requestedFreight.some((request) => request.origin.name === origin) === true;
}

function toneOf(model: Model, { type, data: { name } }: Node): string {
  if (type !== 'stage' && type !== 'control') return 'line-3';
  const stage = model.data.stages.get(String(name));
  return stage === undefined ? 'line-3' : lookOfStage(stage).tone;
}
