/** Writes the schemas that the web UI completes, validates and draws forms by. */
import {
  allKinds,
  apiVersionOf,
  chartSubscriptionSchema,
  gitSubscriptionSchema,
  imageSubscriptionSchema,
  Warehouse,
  type JsonSchema,
} from '@kargo/api';
import { builtInSteps } from '@kargo/promotion';
import { firstSentence, handWritten } from './steps.ts';

/** Kinds of others that projects hold and that people write by hand. */
const OTHERS: ReadonlySet<string> = new Set(['AnalysisTemplate', 'ClusterAnalysisTemplate']);

/** The specification of every kind that people write, and the configuration and outputs of every step, one a line. */
export function uiSchemaFiles(): Promise<ReadonlyMap<string, string>> {
  const kinds = allKinds
    .filter(({ group, kind, schema }) => schema !== undefined && (group === 'kargo.akuity.io' || OTHERS.has(kind)))
    .map((kind) => [
      `${apiVersionOf(kind)} ${kind.kind}`,
      {
        plural: kind.plural,
        namespaced: kind.scope === 'Namespaced',
        schema: withoutStatus(kind.kind === Warehouse.kind ? withSubscriptions(kind.schema ?? {}) : (kind.schema ?? {})),
      },
    ]);
  const steps = builtInSteps.map(({ name, configSchema, outputs }) => [
    name,
    { about: plain(firstSentence(handWritten(name))), config: configSchema, outputs: typeof outputs === 'object' ? outputs : {} },
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

/** Subscriptions are open in the CRD, for types of artifacts that others add; admission checks those that are known by these schemas. */
function withSubscriptions(schema: JsonSchema): JsonSchema {
  const spec = schema.properties?.['spec'] ?? {};
  const subscriptions = spec.properties?.['subscriptions'] ?? {};
  const properties = {
    name: { type: 'string' as const, description: 'Name of the subscription, for expressions.' },
    git: described(gitSubscriptionSchema.json, 'Commits of a Git repository.'),
    image: described(imageSubscriptionSchema.json, 'Images of a container repository.'),
    chart: described(chartSubscriptionSchema.json, 'Versions of a Helm chart.'),
  };
  const items = { ...subscriptions.items, type: 'object' as const, properties };
  return {
    ...schema,
    properties: {
      ...schema.properties,
      spec: { ...spec, properties: { ...spec.properties, subscriptions: { ...subscriptions, items } } },
    },
  };
}

const FIELDS: Readonly<Record<string, string>> = {
  repoURL: 'Address of the repository.',
  name: 'Name of the chart; of charts in OCI registries it is part of the address.',
  commitSelectionStrategy: 'Which commit is selected.',
  branch: 'Branch to follow; the default branch if absent.',
  strictSemvers: 'Whether tags must be whole semantic versions, such as 1.2.3.',
  semverConstraint: 'Versions that count, such as ^1.2.0.',
  constraint: 'Versions that count, such as ^1.2.0; with Digest, the tag to follow.',
  allowTagsRegexes: 'Patterns of which tags must match one.',
  ignoreTagsRegexes: 'Patterns of tags that do not count.',
  expressionFilter: 'Expression that must be true of a commit or tag.',
  since: 'Commits before this time do not count.',
  includePaths: 'Paths of which a commit must change one.',
  excludePaths: 'Paths whose changes do not count.',
  blobless: 'Whether contents of files are fetched only when they are needed.',
  insecureSkipTLSVerify: 'Do not check the certificate of the server. For tests only.',
  discoveryLimit: 'How many artifacts are looked at.',
  imageSelectionStrategy: 'Which image is selected.',
  platform: 'Platform the image must be there for, such as linux/amd64.',
  cacheByTag: 'Whether a tag is taken to stay what it is.',
  allowTags: 'Pattern that tags must match. Older form of allowTagsRegexes.',
  ignoreTags: 'Tags that do not count. Older form of ignoreTagsRegexes.',
};

function described(schema: JsonSchema, description: string): JsonSchema {
  const properties = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    name,
    field.description === undefined && FIELDS[name] !== undefined ? { description: FIELDS[name], ...field } : field,
  ]);
  return { ...schema, description, properties: Object.fromEntries(properties) as Record<string, JsonSchema> };
}

/** Without the marks of Markdown. */
function plain(text: string): string {
  return text.replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '');
}
