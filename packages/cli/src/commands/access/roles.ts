import { textAt, valueAt, withType } from '../../client/objects.ts';
import type { ApiObject } from '../../client/objects.ts';
import { defineCommand } from '../../command.ts';
import { collectWhole, nameOf, outputFlags, projectFlags, scopeFlags, scopePath } from '../../flags.ts';
import type { OutputOptions, ProjectOptions, ScopeOptions } from '../../flags.ts';
import { qualifiedName } from '../../output/names.ts';
import { printObject } from '../../output/print-objects.ts';
import type { Column } from '../../output/table.ts';
import { deleteEach } from '../delete-each.ts';
import { getFlags, getObjects, nameColumn } from '../get-objects.ts';
import type { GetOptions } from '../get-objects.ts';
import { claimsOf } from './claims.ts';

interface GetRolesOptions extends ScopeOptions, GetOptions {
  asKubernetesResources?: boolean;
}

const SCOPE_NEEDED = 'either project or system is required';

const ROLE_COLUMNS: readonly Column<ApiObject>[] = [
  nameColumn,
  { header: 'KARGO MANAGED', cell: (role) => String(valueAt(role, 'kargoManaged') === true) },
];

const RESOURCE_COLUMNS: readonly Column<ApiObject>[] = [
  nameColumn,
  { header: 'K8S SERVICE ACCOUNT', cell: (role) => textAt(role, 'serviceAccount', 'metadata', 'name') },
  { header: 'K8S ROLE BINDINGS', cell: (role) => namesAt(role, 'roleBindings') },
  { header: 'K8S ROLES', cell: (role) => [namesAt(role, 'roles'), namesAt(role, 'clusterRoles')].filter(Boolean).join(',') },
];

function namesAt(role: ApiObject, key: string): string {
  const resources = valueAt(role, key);
  return Array.isArray(resources) ? resources.map((resource) => textAt(resource, 'metadata', 'name')).join(',') : '';
}

/** `kargo get roles [NAME…]`. */
export const getRoles = defineCommand<GetRolesOptions>({
  usage: '[NAME...]',
  configure: (command) =>
    getFlags(scopeFlags(command, { shared: false })).option(
      '-k, --as-kubernetes-resources',
      'show the ServiceAccount, Roles and RoleBindings that a role is made of',
    ),
  run: async ({ args, options, context }) => {
    const path = [...(await scopePath(context, options, SCOPE_NEEDED)), 'roles'];
    const asResources = options.asKubernetesResources === true;
    const query = asResources ? { 'as-resources': 'true' } : {};
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: asResources ? 'RoleResources' : 'Role',
      options,
      names: args.map(nameOf),
      columns: asResources ? RESOURCE_COLUMNS : ROLE_COLUMNS,
      one: (name) => api.call('GET', [...path, name], { operation: 'get role', query }),
      list: async () => (await api.call<ApiObject[] | undefined>('GET', path, { operation: 'list roles', query })) ?? [],
    });
  },
});

interface CreateOptions extends ProjectOptions, OutputOptions {
  claim?: string[];
  description?: string;
}

/** `kargo create role NAME`. */
export const createRole = defineCommand<CreateOptions>({
  usage: '<NAME>',
  configure: (command) =>
    outputFlags(projectFlags(command))
      .option(
        '--claim <name=value>',
        'who has the role, by a claim of their token: sub=jane or groups=a,b; repeatable',
        collectWhole,
      )
      .option('--description <text>', 'what it is for'),
  run: async ({ args: [name = ''], options, context }) => {
    const project = await context.project(options);
    const claims = claimsOf(options.claim);
    const { description } = options;
    const api = await context.api(options);
    const created = await api.call<ApiObject>('POST', ['projects', project, 'roles'], {
      operation: 'create role',
      json: {
        metadata: {
          name: nameOf(name),
          namespace: project,
          ...(description === undefined ? {} : { annotations: { 'kargo.akuity.io/description': description } }),
        },
        claims,
      },
    });
    const object = withType(created, 'Role');
    await printObject(context.io, object, options, () => `${qualifiedName(object)} created\n`);
  },
});

/** `kargo delete role NAME…`. */
export const deleteRole = defineCommand<ProjectOptions & OutputOptions>({
  usage: '<NAME...>',
  configure: (command) => outputFlags(projectFlags(command)),
  run: async ({ args, options, context }) => {
    const project = await context.project(options);
    await deleteEach(context.io, await context.api(options), {
      options,
      kind: 'role',
      shown: (name) => `role.rbac.kargo.akuity.io/${name}`,
      names: args.map(nameOf),
      path: (name) => ['projects', project, 'roles', name],
    });
  },
});
