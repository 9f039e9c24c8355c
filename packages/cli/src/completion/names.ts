import type { ApiObject } from '../client/objects.ts';
import type { CommandContext } from '../command.ts';
import type { ProjectOptions } from '../flags.ts';

/** The collection of the API whose names may stand for a flag or argument. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  stages: 'stages',
  stage: 'stages',
  'downstream-from': 'stages',
  warehouses: 'warehouses',
  warehouse: 'warehouses',
  origin: 'warehouses',
  promotions: 'promotions',
  name: 'promotions',
  freight: 'freight',
  'freight-alias': 'freight',
  alias: 'freight',
  roles: 'roles',
  role: 'roles',
  tokens: 'api-tokens',
  token: 'api-tokens',
  configmaps: 'configmaps',
  configmap: 'configmaps',
  'generic-credentials': 'generic-credentials',
  'repo-credentials': 'repo-credentials',
  analysistemplates: 'analysis-templates',
};
const PROJECTS = new Set(['project', 'projects', 'set-project']);
const CONTEXTS = new Set(['context', 'use-context', 'delete-context', 'rename-context']);
const ALIASES = new Set(['freight-alias', 'alias']);

/** Names of the objects that a flag or argument of this name may mean. Fails when the API cannot be asked. */
export async function namesFor(type: string, options: ProjectOptions, context: CommandContext): Promise<readonly string[]> {
  if (CONTEXTS.has(type)) return (await context.config.contexts()).map(({ name }) => name);
  if (PROJECTS.has(type)) return itemsOf(await (await context.api({})).call('GET', ['projects'])).map(nameIn);
  const collection = COLLECTIONS[type];
  if (collection === undefined) return [];
  const path = ['projects', await context.project(options), collection];
  const items = itemsOf(await (await context.api({})).call('GET', path));
  return ALIASES.has(type)
    ? items.flatMap(({ metadata }) => metadata.labels?.['kargo.akuity.io/alias'] ?? [])
    : items.map(nameIn);
}

interface Listed {
  items?: readonly ApiObject[];
  groups?: Record<string, { items?: readonly ApiObject[] }>;
}

function itemsOf(answer: Listed | readonly ApiObject[]): readonly ApiObject[] {
  if (Array.isArray(answer)) return answer as readonly ApiObject[];
  const { items, groups } = answer as Listed;
  return items ?? Object.values(groups ?? {}).flatMap((group) => group.items ?? []);
}

function nameIn({ metadata }: ApiObject): string {
  return metadata.name ?? '';
}
