/** A Secret that matches a repository but cannot be used for it: which one, why, what to do. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';
  readonly code = 'UnusableSecret';
}
