/** What comes in at a webhook receiver, and what a provider reads from it. */

/** A request to a receiver. */
export interface Delivery {
  /** By lower-case name; repeated ones joined by commas. */
  headers: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  body: Buffer;
}

/** Kinds of artifacts that a repository may hold. */
export type ArtifactType = 'git' | 'image' | 'chart';

/** Something new in a repository. */
export interface News {
  /** As what subscriptions may know the repository. */
  types: readonly ArtifactType[];
  /** The URLs by which subscriptions may name it, as the sender wrote them. */
  urls: readonly string[];
  /** Full git refs, image tags or chart tags that are new. Absent: unknown, so every subscriber looks. */
  refs?: readonly string[] | undefined;
  /** The branch that subscriptions without a branch follow, if the sender told. */
  defaultBranch?: string | undefined;
  /** Paths that changed. Absent: unknown. */
  paths?: readonly string[] | undefined;
}

/** What a delivery means. */
export type Reading =
  | { kind: 'refused'; code: number; message: string }
  /** Nothing to do; `message` is for the sender. */
  | { kind: 'nothing'; message?: string | undefined }
  | { kind: 'news'; news: readonly News[] }
  /** Pull requests that were merged or closed, by the URL of their page. */
  | { kind: 'pullRequests'; urls: readonly string[] };

/** What a provider needs to know of the receiver. */
export interface ProviderContext {
  /** What senders must know. */
  secret: string;
  /** Whether the delivery was checked before: it is handled again. */
  isTrusted?: boolean | undefined;
  /** `artifactory.virtualRepoName`. */
  virtualRepository?: string | undefined;
}

/** Checks and reads deliveries of one sender. Never throws for what the sender sent. */
export type Provider = (delivery: Delivery, context: ProviderContext) => Reading;

/** Most refs and paths that are looked at one by one; with more, every subscriber looks. */
export const MAX_REFS = 1000;
export const MAX_PATHS = 10_000;

/** The refs if they are few enough to be told apart. */
export function boundedRefs(refs: readonly string[]): readonly string[] | undefined {
  return refs.length > MAX_REFS ? undefined : refs;
}

/** The paths, each once, if they are few enough. */
export function boundedPaths(paths: Iterable<string>): readonly string[] | undefined {
  const unique = new Set<string>();
  for (const path of paths) {
    unique.add(path);
    if (unique.size > MAX_PATHS) return undefined;
  }
  return [...unique];
}

export const refused = (code: number, message: string): Reading => ({ kind: 'refused', code, message });
export const nothing = (message?: string): Reading => ({ kind: 'nothing', message });
export const NO_JSON = refused(400, 'the request body is not a JSON object');
export const UNAUTHORIZED = refused(401, 'unauthorized');
