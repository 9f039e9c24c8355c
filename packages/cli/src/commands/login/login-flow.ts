import type { ApiClient } from '../../client/api-client.ts';
import type { CLIConfig } from '../../config/contexts.ts';
import type { ApiOptions } from '../../flags.ts';
import type { CLIIO } from '../../io.ts';

export interface LoginOptions extends ApiOptions {
  admin?: boolean;
  kubeconfig?: boolean;
  sso?: boolean;
  token?: string;
  tokenStdin?: boolean;
  password?: string;
  passwordStdin?: boolean;
  port?: string;
  browser: boolean;
  device?: boolean;
  kubeContext?: string;
}

/** What a way of logging in works with. */
export interface LoginFlow {
  io: CLIIO;
  address: string;
  insecure: boolean;
  options: LoginOptions;
  /** The port for the browser's way back; 0 for any. */
  callbackPort: number;
  /** The API without a token, or with one. */
  apiAs(token: string): ApiClient;
}

/** What a login leaves in the configuration. */
export type LoginResult = Pick<CLIConfig, 'authMethod' | 'bearerToken' | 'refreshToken' | 'callbackPort'>;

/** How the server lets people in, as it tells everybody. */
export interface PublicConfig {
  adminAccountEnabled?: boolean;
  oidcConfig?: { issuerUrl: string; clientId: string; cliClientId?: string; scopes?: string[] };
}

/** How the server lets people in. */
export function publicConfig({ apiAs }: LoginFlow): Promise<PublicConfig> {
  return apiAs('').call<PublicConfig>('GET', ['system', 'public-server-config'], { operation: 'get public configuration' });
}
