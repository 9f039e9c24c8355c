import type { Command } from 'commander';
import { withType } from '../../client/objects.ts';
import type { ApiObject } from '../../client/objects.ts';
import { CLIError } from '../../cli-error.ts';
import { defineCommand } from '../../command.ts';
import { nameOf, outputFlags, scopeFlags, scopePath } from '../../flags.ts';
import type { OutputOptions, ScopeOptions } from '../../flags.ts';
import { askSecret } from '../../ask-secret.ts';
import { qualifiedName } from '../../output/names.ts';
import { printObject } from '../../output/print-objects.ts';
import { repoCredentials, scopeNeeded } from './data-kinds.ts';

interface Options extends ScopeOptions, OutputOptions {
  git?: boolean;
  helm?: boolean;
  image?: boolean;
  type?: string;
  repoUrl?: string;
  regex?: boolean;
  username?: string;
  password?: string;
  passwordStdin?: boolean;
  description?: string;
}

function flags(command: Command): Command {
  return outputFlags(
    scopeFlags(command, { system: false })
      .option('--git', 'for a git repository')
      .option('--helm', 'for a repository of Helm charts')
      .option('--image', 'for a repository of container images')
      .option('--type <type>', 'git, helm or image')
      .option('--repo-url <url>', 'the repository, or the pattern of repositories with --regex')
      .option('--regex', 'the URL is a regular expression')
      .option('--username <name>', 'the user name')
      .option('--password <password>', 'the password or token. Others on this machine may see it: prefer the prompt')
      .option('--password-stdin', 'read the password or token from standard input')
      .option('--description <text>', 'what they are for'),
  );
}

/** `kargo create repo-credentials NAME`. The password is asked for when no flag gives it. */
export const createRepoCredentials = defineCommand<Options>({
  usage: '<NAME>',
  configure: flags,
  run: async ({ args: [name = ''], options, context }) => {
    const scope = await scopePath(context, options, scopeNeeded(repoCredentials));
    const type = typeOf(options);
    if (type === undefined) throw new CLIError('Usage', 'exactly one of --git, --helm, --image and --type is required');
    for (const [flag, value] of [
      ['--repo-url', options.repoUrl],
      ['--username', options.username],
    ] as const)
      if ((value ?? '') === '') throw new CLIError('Usage', `${flag} is required`);
    const password = await askSecret(context.io, options, 'Repository password or token: ');
    const api = await context.api(options);
    const created = await api.call<ApiObject>('POST', [...scope, repoCredentials.collection], {
      operation: 'create repo credentials',
      json: {
        name: nameOf(name),
        type,
        repoUrl: options.repoUrl,
        repoUrlIsRegex: options.regex === true,
        username: options.username,
        password,
        ...(options.description === undefined ? {} : { description: options.description }),
      },
    });
    const object = withType(created, 'Secret');
    await printObject(context.io, object, options, () => `${qualifiedName(object)} created\n`);
  },
});

/** `kargo update repo-credentials NAME`: what no flag mentions stays as it is. */
export const updateRepoCredentials = defineCommand<Options>({
  usage: '<NAME>',
  configure: flags,
  run: async ({ args: [name = ''], options, context }) => {
    const scope = await scopePath(context, options, scopeNeeded(repoCredentials));
    if (options.regex === true && options.repoUrl === undefined)
      throw new CLIError('Usage', '--regex says how --repo-url is meant, and needs it');
    const password = options.passwordStdin === true ? await askSecret(context.io, options, '') : options.password;
    const type = typeOf(options);
    const change = {
      ...(type === undefined ? {} : { type }),
      ...(options.repoUrl === undefined ? {} : { repoUrl: options.repoUrl, repoUrlIsRegex: options.regex === true }),
      ...(options.username === undefined ? {} : { username: options.username }),
      ...(password === undefined ? {} : { password }),
      ...(options.description === undefined ? {} : { description: options.description }),
    };
    if (Object.keys(change).length === 0) throw new CLIError('Usage', 'at least one thing to change is required; see --help');
    const api = await context.api(options);
    const path = [...scope, repoCredentials.collection, nameOf(name)];
    await api.call('PATCH', path, { operation: 'update repo credentials', json: change });
    const object = withType(await api.call<ApiObject>('GET', path, { operation: 'get repo credentials' }), 'Secret');
    await printObject(context.io, object, options, () => `${qualifiedName(object)} updated\n`);
  },
});

/** The type that the flags name; undefined where they name none. Fails when they name several, or one there is not. */
function typeOf({ git, helm, image, type }: Options): string | undefined {
  const named = [git === true ? 'git' : '', helm === true ? 'helm' : '', image === true ? 'image' : '', type ?? ''].filter(
    (one) => one !== '',
  );
  if (named.length > 1) throw new CLIError('Usage', 'only one of --git, --helm, --image and --type can be given');
  const [only] = named;
  if (only !== undefined && !['git', 'helm', 'image'].includes(only))
    throw new CLIError('Usage', `the type must be git, helm or image, not ${JSON.stringify(only)}`);
  return only;
}
