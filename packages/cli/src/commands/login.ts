import { ApiClient } from '../client/api-client.ts';
import { CLIError } from '../cli-error.ts';
import { defineCommand } from '../command.ts';
import { normaliseAddress, notLoggedIn } from '../config/connection.ts';
import { apiFlags } from '../flags.ts';
import type { ApiOptions } from '../flags.ts';
import type { CLIIO } from '../io.ts';

interface Options extends ApiOptions {
  admin?: boolean;
  password?: string;
  passwordStdin?: boolean;
}

/** `kargo login [SERVER_ADDRESS] --admin`. Nothing is printed on success. */
export const login = defineCommand<Options>({
  usage: '[SERVER_ADDRESS]',
  configure: (command) =>
    apiFlags(command)
      .option('--admin', 'log in as the admin user')
      .option(
        '--password <password>',
        "the admin's password; prompted for when absent. Others on this machine may see it: prefer the prompt",
      )
      .option('--password-stdin', "read the admin's password from standard input"),
  run: async ({ args: [given], options, context: { io, config } }) => {
    const stored = await config.load();
    const address = given === undefined ? (stored.apiAddress ?? '') : given;
    if (address.trim() === '') throw notLoggedIn();
    const reusesAdmin = given === undefined && stored.authMethod === 'admin';
    if (options.admin !== true && !reusesAdmin) throw new CLIError('Usage', 'an authentication method is required: --admin');
    const apiAddress = normaliseAddress(address);
    const insecure = options.insecureSkipTlsVerify === true;
    const anonymous = new ApiClient({ address: apiAddress, token: '', insecure }, io);
    const settings = await anonymous.call<{ adminAccountEnabled?: boolean }>('GET', ['system', 'public-server-config'], {
      operation: 'get public configuration',
    });
    if (settings.adminAccountEnabled !== true) throw new CLIError('Request', 'server does not support admin user login');
    const password = await passwordOf(options, io);
    const answer = await new ApiClient({ address: apiAddress, token: password, insecure }, io).call<{ idToken?: string }>(
      'POST',
      ['login'],
      { operation: 'login' },
    );
    if ((answer.idToken ?? '') === '') throw new CLIError('Response', 'login: the server sent no token');
    const kept =
      stored.apiAddress !== undefined && normaliseAddress(stored.apiAddress) === apiAddress ? { project: stored.project } : {};
    await config.save({
      apiAddress,
      authMethod: 'admin',
      bearerToken: answer.idToken,
      ...(insecure ? { insecureSkipTLSVerify: true } : {}),
      ...kept,
    });
  },
});

async function passwordOf({ password, passwordStdin }: Options, io: CLIIO): Promise<string> {
  if (password !== undefined) return password;
  if (passwordStdin === true) {
    const chunks: Buffer[] = [];
    for await (const chunk of io.stdin) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  }
  if (!io.isTTY) throw new CLIError('Usage', 'there is no terminal to ask for the password: use --password-stdin or --password');
  return io.promptSecret('Admin user password: ');
}
