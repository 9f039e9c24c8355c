import type { KubeObject } from '@kargo/api';
import { isObject } from '../object/json.ts';

interface Condition {
  type: string;
  status: 'True';
  reason: string;
  message: string;
  lastTransitionTime: string;
}

/** Conditions of a namespace whose content is not gone yet: what is left, and which finalizers hold it. */
export function remainingConditions(left: readonly KubeObject[], before: unknown, now: string): Condition[] {
  const finalizers = left.flatMap(({ metadata }) => metadata.finalizers ?? []);
  const wanted = [
    {
      type: 'NamespaceContentRemaining',
      reason: 'SomeResourcesRemain',
      message: `Some resources are remaining: ${tally(
        left.map(({ kind }) => kind),
        'has',
      )}`,
    },
    ...(finalizers.length === 0
      ? []
      : [
          {
            type: 'NamespaceFinalizersRemaining',
            reason: 'SomeFinalizersRemain',
            message: `Some content in the namespace has finalizers remaining: ${tally(finalizers, 'in')}`,
          },
        ]),
  ];
  const since = new Map(
    (Array.isArray(before) ? before : [])
      .filter(isObject)
      .map((condition) => [condition['type'], condition['lastTransitionTime']] as const),
  );
  return wanted.map((condition) => {
    const earlier = since.get(condition.type);
    return { ...condition, status: 'True', lastTransitionTime: typeof earlier === 'string' ? earlier : now };
  });
}

function tally(names: readonly string[], verb: string): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${verb} ${count} resource instances`).join(', ');
}
