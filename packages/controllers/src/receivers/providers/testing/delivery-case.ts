/** What deliveries of a sender mean, as cases of a table. */
import type { ReceiverType } from '@kargo/api';

export type Sender = Exclude<ReceiverType, 'generic'>;

/** A digest. */
export const D: string = `sha256:${'0f1e2d3c4b5a6978'.repeat(4)}`;
export const HELM = 'application/vnd.cncf.helm.config.v1+json';
export const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';

/** News of repositories, as what a delivery is to be read as. */
export const news = (types: string[], urls: string[], refs: string[] | undefined, more: object = {}): object => ({
  kind: 'news',
  news: [{ types, urls, refs, ...more }],
});

/** One delivery, and what it is to be read as. */
export interface Case {
  type: Sender;
  name: string;
  headers?: Record<string, string>;
  body: unknown;
  virtualRepository?: string;
  want: object;
}
