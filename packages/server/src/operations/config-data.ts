import { ConfigMap, Secret } from '@kargo/api';
import { flag, listing, map, object, ref, text, texts, type JsonSchema, type Operation, type Operations } from './operation.ts';

interface Collection {
  kind: typeof ConfigMap | typeof Secret;
  path: string;
  param: string;
  /** Part of operation names, singular and plural. */
  one: string;
  many: string;
  what: string;
  create: JsonSchema;
  replace: JsonSchema;
  change: JsonSchema;
}

const entries = map(text);
const repository = {
  type: { type: 'string', enum: ['git', 'helm', 'image'] },
  repoUrl: text,
  repoUrlIsRegex: flag,
  username: text,
  password: text,
  description: text,
} satisfies Record<string, JsonSchema>;
const changes = object({ description: text, data: entries, removeKeys: texts });
const replacement = object({ description: text, replicate: flag, data: entries }, ['data']);

const COLLECTIONS: readonly Collection[] = [
  {
    kind: ConfigMap,
    path: 'configmaps',
    param: 'configmap',
    one: 'ConfigMap',
    many: 'ConfigMaps',
    what: 'ConfigMap',
    create: object({ name: text, description: text, replicate: flag, data: entries }, ['name', 'data']),
    replace: replacement,
    change: changes,
  },
  {
    kind: Secret,
    path: 'generic-credentials',
    param: 'credentials',
    one: 'GenericCredentials',
    many: 'GenericCredentials',
    what: 'credentials of any form',
    create: object({ name: text, description: text, replicate: flag, type: text, data: entries }, ['name', 'data']),
    replace: replacement,
    change: changes,
  },
  {
    kind: Secret,
    path: 'repo-credentials',
    param: 'credentials',
    one: 'RepoCredentials',
    many: 'RepoCredentials',
    what: 'credentials of a repository',
    create: object({ name: text, ...repository }, ['name', 'type', 'repoUrl', 'username', 'password']),
    replace: object(repository, ['type', 'repoUrl', 'username', 'password']),
    change: object(repository),
  },
];

const SCOPES = [
  { name: 'Project', prefix: '/projects/:project', where: 'of a Project' },
  { name: 'Shared', prefix: '/shared', where: 'that all Projects share' },
  { name: 'System', prefix: '/system', where: 'of the system' },
] as const;

function operationsOf(collection: Collection, { name, prefix, where }: (typeof SCOPES)[number]): Operations {
  const { kind, path, param, one, many, what } = collection;
  const all = `${prefix}/${path}`;
  const single = `${all}/:${param}`;
  const plural = kind.plural;
  const gives = (status: number): Operation['answers'] => ({ [status]: { schema: ref(kind.kind) } });
  const base = { tag: many, kind: kind.kind };
  return {
    [`GET ${all}`]: {
      ...listing(`List${name}${many}`, kind, `Every ${what} ${where}`, { watch: false }),
      tag: many,
    },
    [`POST ${all}`]: {
      ...base,
      id: `Create${name}${one}`,
      summary: `Makes ${what} ${where}`,
      body: collection.create,
      answers: gives(201),
      needs: [`create ${plural}`],
    },
    [`GET ${single}`]: {
      ...base,
      id: `Get${name}${one}`,
      summary: `One ${what} ${where}`,
      answers: gives(200),
      needs: [`get ${plural}`],
    },
    [`PUT ${single}`]: {
      ...base,
      id: `Update${name}${one}`,
      summary: `Replaces ${what} ${where}`,
      body: collection.replace,
      answers: gives(200),
      needs: [`get ${plural}`, `update ${plural}`],
    },
    [`PATCH ${single}`]: {
      ...base,
      id: `Patch${name}${one}`,
      summary: `Changes ${what} ${where}; what is not given stays`,
      body: collection.change,
      answers: gives(200),
      needs: [`get ${plural}`, `update ${plural}`],
    },
    [`DELETE ${single}`]: {
      ...base,
      id: `Delete${name}${one}`,
      summary: `Deletes ${what} ${where}`,
      answers: { 204: 'nothing' },
      needs: kind.kind === 'Secret' ? [`get ${plural}`, `delete ${plural}`] : [`delete ${plural}`],
    },
  };
}

/** Operations on ConfigMaps and credentials. */
export const configDataOperations: Operations = Object.assign(
  {},
  ...SCOPES.flatMap((scope) =>
    COLLECTIONS.filter(({ path }) => scope.prefix !== '/system' || path !== 'repo-credentials').map((collection) =>
      operationsOf(collection, scope),
    ),
  ),
) as Operations;
