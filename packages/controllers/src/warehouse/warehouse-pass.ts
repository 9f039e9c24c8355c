import { type Condition, removeCondition, setCondition, type Warehouse, type WarehouseStatus } from '@kargo/api';
import { timestamp } from '@kargo/kube';

/** One look at a Warehouse: what was read, and the status that is going to be written. */
export interface WarehousePass {
  /** As it was read; frozen. */
  readonly warehouse: Warehouse;
  readonly status: WarehouseStatus;
  /** Epoch milliseconds; the same for the whole pass. */
  readonly now: number;
}

/** Sets a condition of the working status, observed at the generation of the Warehouse. */
export function observe(
  { warehouse, status, now }: WarehousePass,
  type: string,
  value: Condition['status'],
  reason: string,
  message: string,
): void {
  const { generation } = warehouse.metadata;
  status.conditions = setCondition(
    status.conditions,
    { type, status: value, reason, message, ...(generation === undefined ? {} : { observedGeneration: generation }) },
    timestamp(now),
  );
}

/** Removes conditions of the working status. */
export function forget({ status }: WarehousePass, ...types: string[]): void {
  status.conditions = removeCondition(status.conditions, ...types);
}
