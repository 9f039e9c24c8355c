import { ChartError } from '../../charts/chart-error.ts';
import type { Charts } from '../../charts/port.ts';
import type { Registries } from '../../registry/port.ts';
import type { Operations } from './operations.ts';

/** Chart repositories in memory: versions by `URL name`; those in registries are where images are. */
export function simulatedCharts(
  versions: ReadonlyMap<string, readonly string[]>,
  registries: Registries,
  operations: Operations,
): Charts {
  return {
    async versions({ repoURL, name, ...access }) {
      if (repoURL.startsWith('oci://')) {
        const tags = await registries.tags({ ...access, repository: repoURL.slice('oci://'.length), kind: 'chart' });
        return tags.map((tag) => tag.replaceAll('_', '+'));
      }
      const aborted = (cause: unknown): Error =>
        new ChartError('aborted', `could not read chart repository ${repoURL}: the operation was cancelled`, { cause });
      return operations.perform(
        `charts.versions ${repoURL} ${name ?? ''}`,
        { signal: access.signal, aborted, remote: true },
        () => {
          if (![...versions.keys()].some((key) => key.startsWith(`${repoURL} `)))
            throw new ChartError('notFound', `there is no chart repository ${repoURL}`);
          return [...(versions.get(`${repoURL} ${name ?? ''}`) ?? [])];
        },
      );
    },
  };
}
