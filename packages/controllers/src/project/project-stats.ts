import { isConditionTrue, isControlFlowStage, type Condition, type ProjectStatus, type Stage, type Warehouse } from '@kargo/api';

/** How many Warehouses and Stages there are, and how many of them are healthy. Stages without steps do not count. */
export function projectStats(warehouses: readonly Warehouse[], stages: readonly Stage[]): NonNullable<ProjectStatus['stats']> {
  return { warehouses: count(warehouses), stages: count(stages.filter((stage) => !isControlFlowStage(stage))) };
}

interface WithConditions {
  status?: { conditions?: readonly Condition[] | undefined } | undefined;
}

function count(objects: readonly WithConditions[]): { count: number; health: { healthy: number } } {
  const healthy = objects.filter(({ status }) => isConditionTrue(status?.conditions, 'Healthy')).length;
  return { count: objects.length, health: { healthy } };
}
