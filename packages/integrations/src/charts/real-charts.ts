import type { Clock } from '@kargo/kube';
import { credentialsFingerprint } from '../credentials-fingerprint.ts';
import type { Http } from '../http/port.ts';
import type { Registries } from '../registry/port.ts';
import type { ChartAccess, Charts } from './port.ts';
import { ChartIndexes } from './chart-indexes.ts';
import { ChartError } from './chart-error.ts';

/** What {@link realCharts} stands on. */
export interface RealChartsOptions {
  http: Http;
  clock: Clock;
  /** Where charts in registries are. */
  registries: Registries;
  /** Bytes of an index once it is unpacked; more is an error. Default 128 MiB. */
  maxIndex?: number | undefined;
}

/** Chart repositories over the network. What an index said is kept, and only asked for again if it has changed. */
export function realCharts(options: RealChartsOptions): Charts {
  const indexes = new ChartIndexes(options);
  return {
    async versions(access) {
      if (/^oci:\/\//i.test(access.repoURL)) return ociVersions(options.registries, access);
      const { name = '' } = access;
      if (name === '') throw new ChartError('invalid', `${access.repoURL} holds many charts: the subscription has to name one`);
      return (await indexes.get(access, credentialsFingerprint(access.credentials))).get(name) ?? [];
    },
  };
}

async function ociVersions(registries: Registries, { repoURL, ...access }: ChartAccess): Promise<string[]> {
  const repository = repoURL.slice('oci://'.length).replace(/\/$/, '');
  const tags = await registries.tags({ ...access, repository, kind: 'chart' });
  // Tags cannot hold the sign that stands before build metadata.
  return tags.map((tag) => tag.replaceAll('_', '+'));
}
