import type { ObjectMeta, Secret } from '@kargo/api';

/** One sort of credentials: how bodies become Secrets. Everything else about credentials is the same for all sorts. */
export interface CredentialFlavour {
  /** Path of the collection. */
  path: string;
  /** Types that the label of the Secrets may name. */
  types: readonly string[];
  /** Whether reading one needs Secrets to be managed here. */
  gatesReading: boolean;
  /** A new Secret without its type and name. Fails with 400. */
  create(body: Record<string, unknown>, metadata: ObjectMeta): Omit<Secret, 'apiVersion' | 'kind'>;
  /** Reads a body that replaces a Secret. Fails with 400. */
  replace(body: Record<string, unknown>): (stored: Secret) => Secret;
  /** Reads a body that changes a Secret. Fails with 400. */
  patch(body: Record<string, unknown>): (stored: Secret) => Secret;
}
