import { join } from 'node:path';
import { CLIError, messageOf } from '../../cli-error.ts';
import type { LoginFlow, LoginResult } from './login-flow.ts';

/** Uses the bearer token that `kubectl` would send, plugins included. The server is not asked. */
export async function kubeconfigLogin({ io, options }: LoginFlow): Promise<LoginResult> {
  const { loadKubeconfig, systemClock } = await import('@kargo/kube');
  const named = (io.env['KUBECONFIG'] ?? '').split(':').find((file) => file !== '');
  const file = named ?? join(io.env['HOME'] ?? io.env['USERPROFILE'] ?? '.', '.kube/config');
  let token: string | undefined;
  try {
    const access = await loadKubeconfig({ file, context: options.kubeContext, clock: systemClock, run: io.run, env: io.env });
    token = await access.bearerToken();
    access.close();
  } catch (error) {
    throw new CLIError('Configuration', `get the token of the kubeconfig ${file}: ${messageOf(error)}`, error);
  }
  if (token === undefined)
    throw new CLIError(
      'Configuration',
      `the context of the kubeconfig ${file} proves itself without a bearer token (by a client certificate, say), which the server cannot check; ` +
        'use a context with a token, such as that of a ServiceAccount (kubectl create token), or log in with --sso or --token-stdin',
    );
  return { authMethod: 'kubeconfig', bearerToken: token };
}
