import { PROJECT } from '../e2e/world.ts';

/** The manifest of a stage that is quick, as nothing is deployed. It takes freight from `upstream`, or straight from the warehouse. */
export const quickStage = (name: string, upstream?: string): string => `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: { name: ${name}, namespace: ${PROJECT} }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: my-warehouse }
      sources: { ${upstream === undefined ? 'direct: true' : `stages: [${upstream}]`} }
  promotionTemplate: { spec: { steps: [{ uses: compose-output, as: note, config: { note: ${name} } }] } }
`;
