import { textAt, withType } from '../../client/objects.ts';
import type { ApiObject } from '../../client/objects.ts';
import { CLIError } from '../../cli-error.ts';
import { defineCommand } from '../../command.ts';
import { nameOf, outputFlags, scopeFlags, scopePath } from '../../flags.ts';
import type { OutputOptions, ScopeOptions } from '../../flags.ts';
import { printObject } from '../../output/print-objects.ts';
import { deleteEach } from '../delete-each.ts';
import { getFlags, getObjects, listItems, nameColumn } from '../get-objects.ts';
import type { GetOptions } from '../get-objects.ts';

interface RoleOptions extends ScopeOptions {
  role?: string;
}

const SCOPE_NEEDED = 'either project or system is required';
const MANAGED = 'rbac.kargo.akuity.io/managed';
const SERVICE_ACCOUNT = 'kubernetes.io/service-account.name';

/** `kargo get tokens [NAME…]`: which API tokens there are; their values are never shown again. */
export const getTokens = defineCommand<RoleOptions & GetOptions>({
  usage: '[NAME...]',
  configure: (command) => getFlags(scopeFlags(command, { shared: false })).option('--role <role>', 'only tokens of this role'),
  run: async ({ args, options, context }) => {
    const path = [...(await scopePath(context, options, SCOPE_NEEDED)), 'api-tokens'];
    const api = await context.api(options);
    await getObjects(context.io, {
      kind: 'Secret',
      options,
      names: args.map(nameOf),
      columns: [
        nameColumn,
        { header: 'ROLE', cell: ({ metadata }) => metadata.annotations?.[SERVICE_ACCOUNT] ?? '' },
        { header: 'KARGO MANAGED', cell: ({ metadata }) => String(metadata.annotations?.[MANAGED] === 'true') },
      ],
      one: (name) => api.call('GET', [...path, name], { operation: 'get API token' }),
      list: () => listItems(api, path, { operation: 'list API tokens', query: { role: options.role } }),
    });
  },
});

/** `kargo create token NAME --role ROLE`: the only time its value is shown. */
export const createToken = defineCommand<RoleOptions & OutputOptions>({
  usage: '<NAME>',
  configure: (command) =>
    outputFlags(scopeFlags(command, { shared: false })).option('--role <role>', 'the role that the token acts with (required)'),
  run: async ({ args: [name = ''], options, context }) => {
    const scope = await scopePath(context, options, SCOPE_NEEDED);
    const role = nameOf(options.role ?? '');
    if (role === '') throw new CLIError('Usage', 'role is required');
    const api = await context.api(options);
    const created = await api.call<ApiObject>('POST', [...scope, 'roles', role, 'api-tokens'], {
      operation: 'create API token',
      json: { name: nameOf(name) },
    });
    const object = withType(created, 'Secret');
    const token = Buffer.from(textAt(object, 'data', 'token'), 'base64').toString('utf8');
    await printObject(
      context.io,
      object,
      options,
      () =>
        `secret/${object.metadata.name ?? nameOf(name)} created\n\nSave this token now: it cannot be shown again.\n\nToken: ${token}\n`,
    );
  },
});

/** `kargo delete token NAME…`. */
export const deleteToken = defineCommand<ScopeOptions & OutputOptions>({
  usage: '<NAME...>',
  configure: (command) => outputFlags(scopeFlags(command, { shared: false })),
  run: async ({ args, options, context }) => {
    const scope = await scopePath(context, options, SCOPE_NEEDED);
    await deleteEach(context.io, await context.api(options), {
      options,
      kind: 'API token',
      shown: (name) => `secret/${name}`,
      names: args.map(nameOf),
      path: (name) => [...scope, 'api-tokens', name],
    });
  },
});
