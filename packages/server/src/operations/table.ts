import { additionalOperations } from './additions.ts';
import { configDataOperations } from './config-data.ts';
import type { Operation, Operations } from './operation.ts';
import { pipelineOperations } from './pipeline.ts';
import { roleOperations } from './roles.ts';
import { systemOperations } from './system.ts';

/** Every operation of the API. A route that is not here is refused at the start of the server. */
export const operations: Operations = {
  ...systemOperations,
  ...pipelineOperations,
  ...configDataOperations,
  ...roleOperations,
  ...additionalOperations,
};

/** The operation of a route, as the router knows it; `path` is below the prefix. */
export function operationOf(method: string, path: string): Operation | undefined {
  return operations[`${method} ${path === '/' ? path : path.replace(/\/$/, '')}`];
}
