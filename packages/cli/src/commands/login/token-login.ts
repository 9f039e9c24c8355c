import { readLine } from '../../ask-secret.ts';
import { CLIError } from '../../cli-error.ts';
import type { LoginFlow, LoginResult } from './login-flow.ts';

/** Keeps a token that the person has, after the server has accepted it once. */
export async function tokenLogin({ io, options, apiAs }: LoginFlow): Promise<LoginResult> {
  const token = (options.token ?? (await readLine(io))).trim();
  if (token === '') throw new CLIError('Usage', 'the token is empty');
  await apiAs(token).call('GET', ['system', 'server-version'], { operation: 'log in with the token' });
  return { bearerToken: token };
}
