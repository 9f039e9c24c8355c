import { withType } from '../../client/objects.ts';
import type { ApiObject } from '../../client/objects.ts';
import { CLIError } from '../../cli-error.ts';
import type { CommandDefinition } from '../../command.ts';
import { defineCommand } from '../../command.ts';
import { collect, collectWhole, nameOf, outputFlags, projectFlags } from '../../flags.ts';
import type { OutputOptions, ProjectOptions } from '../../flags.ts';
import { qualifiedName } from '../../output/names.ts';
import { printObject } from '../../output/print-objects.ts';
import { claimsOf } from './claims.ts';
import { pluralOf } from './plural-of.ts';

interface Options extends ProjectOptions, OutputOptions {
  role?: string;
  claim?: string[];
  resourceType?: string;
  resourceName?: string;
  verb?: string[];
}

/** `kargo grant`: gives a role to people, or permissions to a role. */
export const grant = changeRole('grants', 'grant', 'give');

/** `kargo revoke`: takes a role from people, or permissions from a role. */
export const revoke = changeRole('revocations', 'revoke', 'take away');

function changeRole(collection: string, operation: string, verb: string): CommandDefinition {
  return defineCommand<Options>({
    configure: (command) =>
      outputFlags(projectFlags(command))
        .option('--role <role>', 'the role (required)')
        .option('--claim <name=value>', `whom to ${verb} the role, by a claim of their token; repeatable`, collectWhole)
        .option('--resource-type <type>', `the type of resources to ${verb} permissions on, e.g. stages`)
        .option('--resource-name <name>', 'only the resource of this name')
        .option('--verb <verb>', `what to ${verb}: get, list, promote, *, …; repeatable`, collect),
    run: async ({ options, context }) => {
      const project = await context.project(options);
      const role = nameOf(options.role ?? '');
      if (role === '') throw new CLIError('Usage', 'role is required');
      const claims = claimsOf(options.claim);
      const isAboutResources =
        options.resourceType !== undefined || options.verb !== undefined || options.resourceName !== undefined;
      if (claims.length > 0 === isAboutResources)
        throw new CLIError('Usage', 'either --claim, or --resource-type with --verb, is required');
      const subject = claims.length > 0 ? { userClaims: { claims } } : { resourceDetails: await resourceDetails(options) };
      const api = await context.api(options);
      const path = ['projects', project, 'roles'];
      await api.call('POST', [...path, collection], { operation, json: { role, ...subject } });
      const object = withType(await api.call<ApiObject>('GET', [...path, role], { operation: 'get role' }), 'Role');
      await printObject(context.io, object, options, () => `${qualifiedName(object)} updated\n`);
    },
  });
}

async function resourceDetails({ resourceType = '', resourceName, verb = [] }: Options): Promise<object> {
  if (resourceType === '') throw new CLIError('Usage', 'resource type is required');
  if (verb.length === 0) throw new CLIError('Usage', 'at least one verb is required');
  return {
    resourceType: await pluralOf(resourceType),
    ...(resourceName === undefined ? {} : { resourceName: nameOf(resourceName) }),
    verbs: verb,
  };
}
