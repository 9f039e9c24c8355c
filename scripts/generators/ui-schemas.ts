/** Writes the schemas that the web UI completes, validates and draws forms by. */
import { allKinds, apiVersionOf, type JsonSchema } from '@kargo/api';
import { builtInSteps } from '@kargo/promotion';

/** Kinds of others that projects hold and that people write by hand. */
const OTHERS: ReadonlySet<string> = new Set(['AnalysisTemplate', 'ClusterAnalysisTemplate']);

/** The specification of every kind that people write, and the configuration and outputs of every step, one a line. */
export function uiSchemaFiles(): Promise<ReadonlyMap<string, string>> {
  const kinds = allKinds
    .filter(({ group, kind, schema }) => schema !== undefined && (group === 'kargo.akuity.io' || OTHERS.has(kind)))
    .map((kind) => [
      `${apiVersionOf(kind)} ${kind.kind}`,
      { plural: kind.plural, namespaced: kind.scope === 'Namespaced', schema: withoutStatus(kind.schema ?? {}) },
    ]);
  const steps = builtInSteps.map(({ name, configSchema, outputs }) => [
    name,
    { config: configSchema, outputs: typeof outputs === 'object' ? outputs : {} },
  ]);
  const content = `{"kinds":{\n${lines(kinds)}\n},"steps":{\n${lines(steps)}\n}}\n`;
  return Promise.resolve(new Map([['packages/ui/src/schemas/generated/schemas.json', content]]));
}

function lines(entries: unknown[][]): string {
  return entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',\n');
}

/** What the system fills in is nothing that people write. */
function withoutStatus({ properties = {}, ...rest }: JsonSchema): JsonSchema {
  const { status: _status, ...written } = properties;
  return { ...rest, properties: written };
}
