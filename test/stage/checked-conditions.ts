import { conditionViolations, Stage } from '@kargo/api';
import type { Client, ControllerOptions } from '@kargo/kube';

/** A controller of Stages that notes each reconcile in `passes`, and in `violations` what is wrong with the conditions after it. */
export function checkedConditions(
  options: ControllerOptions,
  { client, passes, violations }: { client: Client; passes: string[]; violations: string[] },
): ControllerOptions {
  const read = async (namespace: string | undefined, name: string): Promise<Stage | undefined> =>
    (await client.list(Stage, { namespace })).items.find(({ metadata }) => metadata.name === name);
  return {
    ...options,
    reconciler: {
      reconcile: async (request, context) => {
        const before = await read(request.namespace, request.name);
        passes.push(`${options.name} ${request.name}`);
        try {
          return await options.reconciler.reconcile(request, context);
        } finally {
          const after = await read(request.namespace, request.name);
          if (after !== undefined) {
            const found = conditionViolations(after, before);
            violations.push(...found.map(({ id, detail }) => `${options.name} ${request.name}: ${id} ${detail}`));
          }
        }
      },
    },
  };
}
