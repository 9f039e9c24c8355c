import { Lru } from './lru.ts';

/** What a registry gave in exchange for credentials. */
export interface Token {
  authorization: string;
  /** Epoch milliseconds. */
  expiresAt: number;
}

/** Repositories of which tokens and pauses are remembered. Whatever is forgotten costs one request to be learned again. */
const KNOWN_REPOSITORIES = 10_000;

/** What is learned about registries and shared by all accesses to them. */
export interface RegistryKnowledge {
  /** API host → scheme that worked. */
  readonly schemes: Map<string, 'http' | 'https'>;
  /** Repository and credentials → what to send. */
  readonly tokens: Lru<string, Token>;
  /**
   * Repository and credentials → until when the registry wants to be left alone (epoch milliseconds), and in which words. Not the host: the
   * one behind a proxy of several others may be limited while they are not.
   */
  readonly pauses: Lru<string, { until: number; why: string }>;
}

/** Nothing is known yet; {@link KNOWN_REPOSITORIES} at most will be. */
export function noKnowledge(): RegistryKnowledge {
  return { schemes: new Map(), tokens: new Lru(KNOWN_REPOSITORIES), pauses: new Lru(KNOWN_REPOSITORIES) };
}
