import { askSecret } from '../../ask-secret.ts';
import { CLIError } from '../../cli-error.ts';
import { publicConfig } from './login-flow.ts';
import type { LoginFlow, LoginResult } from './login-flow.ts';

/** Exchanges the password of the admin account for a token. */
export async function adminLogin(flow: LoginFlow): Promise<LoginResult> {
  const { adminAccountEnabled } = await publicConfig(flow);
  if (adminAccountEnabled !== true) throw new CLIError('Request', 'server does not support admin user login');
  const password = await askSecret(flow.io, flow.options, 'Admin user password: ');
  const answer = await flow.apiAs(password).call<{ idToken?: string }>('POST', ['login'], { operation: 'login' });
  if ((answer.idToken ?? '') === '') throw new CLIError('Response', 'login: the server sent no token');
  return { authMethod: 'admin', bearerToken: answer.idToken };
}
