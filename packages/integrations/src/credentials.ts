/** Finds the credentials for a repository. Satisfied by the controllers from Secrets; steps and discovery ask through it. */
export interface Credentials {
  find(query: CredentialsQuery): Promise<RepositoryCredentials | undefined>;
}

/** Whose credentials are wanted for what. */
export interface CredentialsQuery {
  project: string;
  type: 'git' | 'image' | 'helm';
  repoURL: string;
  /** A password that was refused: if it is a token that was got more than a minute ago, another is got. */
  refused?: string | undefined;
  signal?: AbortSignal | undefined;
}

export interface RepositoryCredentials {
  username?: string | undefined;
  password?: string | undefined;
  sshPrivateKey?: string | undefined;
  /** Lines of a known_hosts file: hosts over SSH must show one of these keys. */
  knownHosts?: string | undefined;
  /** Namespace and name of the Secret they came from, for explanations. Absent for those of the machine itself. */
  source?: { namespace: string; name: string } | undefined;
  /**
   * Stays the same while credentials that expire are renewed, and differs between those that may see different things: what is cached
   * for them is kept under it. Absent: the credentials themselves are that.
   */
  identity?: string | undefined;
  /** Of tokens: gets another in place of one that was refused before its time; the same if it is fresh. */
  renew?: ((signal?: AbortSignal) => Promise<RepositoryCredentials | undefined>) | undefined;
}
