import type { Freight, Stage } from '@kargo/api';
import { useEffect, useState } from 'react';
import { useServices } from '../../services.ts';

/**
 * Names of the Freight that may go to each Stage, as the server decides: the UI computes none of it. Asked again when something changed
 * that can matter, and at most twice a second.
 */
export function useAvailability(
  project: string,
  stages: readonly Stage[],
  freight: ReadonlyMap<string, Freight>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const { api } = useServices();
  const [available, setAvailable] = useState<ReadonlyMap<string, ReadonlySet<string>>>(new Map());
  const names = stages.map(({ metadata }) => metadata.name ?? '').join(' ');
  // What the server's answer depends on; other changes of Freight and Stages do not count.
  const fingerprint = JSON.stringify(
    [...freight.values()].map(({ metadata, status }) => [metadata.name, status?.verifiedIn, status?.approvedFor]),
  );
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      const asked = names.split(' ').filter((name) => name !== '');
      Promise.all(
        asked.map(
          async (name) =>
            [name, new Set((await api.freight(project, name)).items.map(({ metadata }) => metadata.name ?? ''))] as const,
        ),
      ).then(
        (answers) => current && setAvailable(new Map(answers)),
        () => undefined, // The connection word says that the server is away; what was known stays.
      );
    }, 100);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [api, project, names, fingerprint]);
  return available;
}
