/** Lays graphs out beside the main thread. */
import { layoutOf } from './layout.ts';
import type { Graph } from '../../pipeline/graph.ts';

self.addEventListener('message', ({ data }: MessageEvent<{ id: number; graph: Graph }>) => {
  self.postMessage({ id: data.id, positions: layoutOf(data.graph) });
});
