/** What a repository was asked with when it refused. */
export interface Refused {
  type: 'git' | 'helm' | 'image';
  /** Without credentials. */
  repository: string;
  /** Whether credentials were at hand. */
  hasCredentials: boolean;
  /** The Secret they came from. */
  source?: { namespace: string; name: string } | undefined;
}

/** Says why a repository refuses, as far as it can be told, and which Secret to create or correct. */
export function credentialsAdvice({ type, repository, hasCredentials, source }: Refused): string {
  if (hasCredentials) {
    const whose =
      source === undefined ? 'the credentials it was given' : `the credentials of Secret ${source.namespace}/${source.name}`;
    return `it refuses ${whose}: they are wrong, or do not allow this; correct them, and it is tried again`;
  }
  const http = /^http:/i.test(repository)
    ? '; for an http:// address they are used only if Kargo runs with --allow-credentials-over-http'
    : '';
  return (
    `it wants credentials and none were found: create a Secret in the namespace of the Project with the label kargo.akuity.io/cred-type: ${type} ` +
    `and the keys repoURL (${repository}), username and password${http}`
  );
}
