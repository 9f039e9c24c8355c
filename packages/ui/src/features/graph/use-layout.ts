import { useEffect, useMemo, useState } from 'react';
import type { Graph, Position } from '../../pipeline/graph.ts';

type Positions = Readonly<Record<string, Position>>;

/**
 * Places of the nodes, worked out beside the main thread and only when nodes or edges change. Until the new ones are there, the old ones
 * stay; undefined before the first.
 */
export function useLayout(graph: Graph): { positions: Positions | undefined; error: string | undefined } {
  const [state, setState] = useState<{ positions: Positions | undefined; error: string | undefined }>({
    positions: undefined,
    error: undefined,
  });
  const key = useMemo(
    () =>
      `${graph.nodes.map(({ id, kind }) => `${kind} ${id}`).join('\n')}\n\n${graph.edges.map(({ from, to }) => `${from} ${to}`).join('\n')}`,
    [graph],
  );
  useEffect(() => {
    const worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<{ positions: Positions }>) => {
      setState({ positions: data.positions, error: undefined });
      worker.terminate();
    });
    worker.addEventListener('error', ({ message }) => setState((before) => ({ ...before, error: message })));
    worker.postMessage({ id: 0, graph });
    return () => worker.terminate();
  }, [key]);
  return state;
}
