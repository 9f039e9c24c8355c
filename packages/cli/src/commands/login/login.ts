import { ApiClient } from '../../client/api-client.ts';
import { CLIError } from '../../cli-error.ts';
import { defineCommand } from '../../command.ts';
import { chosenContext, normaliseAddress, notLoggedIn } from '../../config/connection.ts';
import { checkName, withCurrent, withSettings, type CLIConfig } from '../../config/contexts.ts';
import { apiFlags } from '../../flags.ts';
import type { LoginFlow, LoginOptions, LoginResult } from './login-flow.ts';

type Method = 'admin' | 'kubeconfig' | 'sso' | 'token';

/** `kargo login [SERVER_ADDRESS]`. Nothing is printed on success. */
export const login = defineCommand<LoginOptions>({
  usage: '[SERVER_ADDRESS]',
  configure: (command) =>
    apiFlags(command)
      .option('--admin', 'log in as the admin user')
      .option('--kubeconfig', 'log in with the token of the current context of your kubeconfig')
      .option('--sso', 'log in with the identity provider of the server, in your browser')
      .option(
        '--token <token>',
        'log in with a token that you have, e.g. an API token. Others on this machine may see it: prefer --token-stdin',
      )
      .option('--token-stdin', 'read the token from standard input')
      .option(
        '--password <password>',
        "the admin's password; prompted for when absent. Others on this machine may see it: prefer the prompt",
      )
      .option('--password-stdin', "read the admin's password from standard input")
      .option('--port <port>', 'with --sso: the port of this machine that the browser comes back to; default: any that is free')
      .option('--no-browser', 'with --sso: print the address to visit instead of opening a browser')
      .option('--device', 'with --sso: show a code to enter on any device, for machines without a browser')
      .option('--kube-context <context>', 'with --kubeconfig: another context of your kubeconfig than the current one'),
  run: async ({ args: [given], options, context: { io, config } }) => {
    const chosen = chosenContext(io.env, options.context);
    if (chosen !== undefined) checkName(chosen);
    // By its name from here on: signing in takes its time, in which another process may choose another context.
    const name = chosen ?? (await config.current());
    const isNew = name !== undefined && !(await config.contexts()).some((each) => each.name === name);
    const stored = isNew ? {} : await config.load(name);
    const address = given === undefined ? (stored.apiAddress ?? '') : given;
    if (address.trim() === '') throw notLoggedIn();
    const method = methodOf(options, given === undefined ? stored : {});
    const apiAddress = normaliseAddress(address);
    const insecure = options.insecureSkipTlsVerify === true;
    const flow: LoginFlow = {
      io,
      address: apiAddress,
      insecure,
      options,
      callbackPort: portOf(options) ?? (given === undefined ? (stored.callbackPort ?? 0) : 0),
      apiAs: (token) => new ApiClient({ address: apiAddress, token, insecure }, io),
    };
    const { refreshToken, ...result } = await (await loader(method))(flow);
    const keepsProject = stored.apiAddress !== undefined && normaliseAddress(stored.apiAddress) === apiAddress;
    const settings = {
      apiAddress,
      ...result,
      // Over a connection that anybody may have taken over, a long-lived secret is not kept.
      ...(insecure ? { insecureSkipTLSVerify: true } : { refreshToken }),
      ...(keepsProject ? { project: stored.project } : {}),
    };
    await config.change((file) => {
      const saved = withSettings(file, name, settings);
      // Whoever logs in to a context by name means to work there.
      return options.context === undefined ? saved : withCurrent(saved, options.context);
    });
  },
});

function methodOf({ admin, kubeconfig, sso, token, tokenStdin }: LoginOptions, { authMethod }: CLIConfig): Method {
  const chosen: Method[] = [];
  if (admin === true) chosen.push('admin');
  if (kubeconfig === true) chosen.push('kubeconfig');
  if (sso === true) chosen.push('sso');
  if (token !== undefined || tokenStdin === true) chosen.push('token');
  if (chosen.length > 1) throw new CLIError('Usage', '--admin, --kubeconfig, --sso and --token exclude each other');
  const method = chosen[0] ?? authMethod;
  if (method === undefined)
    throw new CLIError('Usage', 'an authentication method is required: --admin, --kubeconfig, --sso or --token');
  return method;
}

function portOf({ port }: LoginOptions): number | undefined {
  if (port === undefined) return undefined;
  const number = Number(port);
  if (!Number.isInteger(number) || number < 0 || number > 65_535)
    throw new CLIError('Usage', `--port must be a port between 0 and 65535, not ${JSON.stringify(port)}`);
  return number;
}

async function loader(method: Method): Promise<(flow: LoginFlow) => Promise<LoginResult>> {
  switch (method) {
    case 'admin':
      return (await import('./admin-login.ts')).adminLogin;
    case 'kubeconfig':
      return (await import('./kubeconfig-login.ts')).kubeconfigLogin;
    case 'sso':
      return (await import('./sso-login.ts')).ssoLogin;
    case 'token':
      return (await import('./token-login.ts')).tokenLogin;
  }
}
