import type { ApiObject } from '../../client/objects.ts';
import { CLIError } from '../../cli-error.ts';
import { defineCommand } from '../../command.ts';
import { apiFlags, collectWhole, nameOf, outputFlags, projectFlags } from '../../flags.ts';
import type { ApiOptions, OutputOptions, ProjectOptions } from '../../flags.ts';
import { printObject } from '../../output/print-objects.ts';
import { pluralOf } from './plural-of.ts';

interface Caller {
  kind: string;
  actor: string;
  username?: string;
  groups?: readonly string[];
  claims?: Readonly<Record<string, readonly string[]>>;
  accounts: readonly { namespace?: string; name?: string }[];
}

interface Named {
  kind?: string;
  namespace?: string;
  name?: string;
}

interface Explanation extends Caller {
  allowed: boolean;
  reason?: string;
  subjects: readonly {
    subject: string;
    allowed: boolean;
    reason?: string;
    rules: readonly { allows: boolean; role?: Named; binding?: Named; rule: Readonly<Record<string, unknown>> }[];
  }[];
}

interface ExplainOptions extends ProjectOptions, OutputOptions {
  role?: string;
  user?: string;
  group?: string[];
  claim?: string[];
}

/** `kargo auth explain VERB RESOURCE[/NAME]`. Fails with the code of what is forbidden when it may not be done. */
const authExplain = defineCommand<ExplainOptions>({
  usage: '<VERB> <RESOURCE>',
  configure: (command) =>
    outputFlags(projectFlags(command))
      .option('--role <namespace/name>', 'ask about a role instead of yourself')
      .option('--user <name>', 'ask about a user of the Kubernetes API instead of yourself')
      .option('--group <group>', 'with --user: a group of that user; repeatable', collectWhole)
      .option('--claim <name=value>', 'ask about whoever has this claim instead of yourself; repeatable', collectWhole),
  run: async ({ args: [verb = '', given = ''], options, context }) => {
    const [type = '', name] = given.split('/');
    const api = await context.api(options);
    const explanation = await api.call<Explanation>('GET', ['access', 'explain'], {
      operation: 'explain access',
      query: {
        verb,
        resource: await pluralOf(type),
        name: name === undefined ? undefined : nameOf(name),
        project: await context.project(options),
        role: options.role,
        user: options.user,
        userGroup: options.group,
        claim: options.claim,
      },
    });
    await printObject(context.io, explanation as unknown as ApiObject, options, () => explanationText(explanation));
    if (!explanation.allowed) throw new DeniedError(`${explanation.actor} may not ${verb} ${given}`);
  },
});

const whoami = defineCommand<ApiOptions & OutputOptions>({
  configure: (command) => outputFlags(apiFlags(command)),
  run: async ({ options, context }) => {
    const caller = await (await context.api(options)).call<Caller>('GET', ['access', 'whoami'], { operation: 'ask who this is' });
    await printObject(context.io, caller as unknown as ApiObject, options, () => callerText(caller));
  },
});

/** The group of commands about who may do what. */
export const auth = defineCommand({
  subcommands: [
    {
      name: 'explain',
      summary: 'say whether something may be done, and which rule allows or denies it',
      load: () => Promise.resolve(authExplain),
    },
    { name: 'whoami', summary: 'say who the server takes you for', load: () => Promise.resolve(whoami) },
  ],
});

/** The answer to the question was no: as distinct from a question that could not be answered. */
class DeniedError extends CLIError {
  readonly status = 403;

  constructor(message: string) {
    super('Request', message);
  }
}

function callerText({ kind, actor, username, groups = [], claims = {}, accounts }: Caller): string {
  const lines = [`${actor} (${kind})`];
  if (username !== undefined) lines.push(`  user name: ${username}`);
  if (groups.length > 0) lines.push(`  groups: ${groups.join(', ')}`);
  for (const [name, values] of Object.entries(claims)) lines.push(`  ${name}: ${[values].flat().join(', ')}`);
  lines.push(...accounts.map(({ namespace = '', name = '' }) => `  role: ${namespace}/${name}`));
  return `${lines.join('\n')}\n`;
}

function explanationText({ allowed, reason = '', subjects }: Explanation): string {
  const lines = [`${allowed ? 'yes' : 'no'}${reason === '' ? '' : `: ${reason}`}`];
  for (const subject of subjects) {
    lines.push(
      '',
      `${subject.allowed ? 'ok ' : 'no '} ${subject.subject}${subject.reason === undefined || subject.reason === '' ? '' : `: ${subject.reason}`}`,
    );
    for (const { allows, role, binding, rule } of subject.rules)
      lines.push(`    ${allows ? 'allows' : 'does not'}: ${JSON.stringify(rule)}${via('of', role)}${via('by', binding)}`);
  }
  return `${lines.join('\n')}\n`;
}

function via(word: string, object: Named | undefined): string {
  if (object === undefined) return '';
  return ` ${word} ${object.kind ?? ''} ${object.namespace === undefined ? '' : `${object.namespace}/`}${object.name ?? ''}`;
}
