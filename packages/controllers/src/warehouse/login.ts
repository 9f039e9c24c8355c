import type { Credentials, CredentialsQuery, RegistryAccess } from '@kargo/integrations';

/** User and password for a repository; absent if none are known, or only a key. Fails as {@link Credentials} does. */
export async function loginFor(credentials: Credentials, query: CredentialsQuery): Promise<RegistryAccess['credentials']> {
  const found = await credentials.find(query);
  if (found?.password === undefined) return undefined;
  const { username = '', password, source, identity, renew } = found;
  return { username, password, source, identity, renew };
}
