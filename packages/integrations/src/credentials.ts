/** Finds the credentials for a repository. Satisfied by the controllers from Secrets; steps and discovery ask through it. */
export interface Credentials {
  find(query: { project: string; type: 'git' | 'image' | 'helm'; repoURL: string }): Promise<RepositoryCredentials | undefined>;
}

export interface RepositoryCredentials {
  username?: string | undefined;
  password?: string | undefined;
  sshPrivateKey?: string | undefined;
  /** Namespace and name of the Secret they came from, for explanations. */
  source?: { namespace: string; name: string } | undefined;
}
