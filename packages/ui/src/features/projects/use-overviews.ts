import type { Project } from '@kargo/api';
import { useEffect, useMemo, useRef, useState } from 'react';
import { overviewOf, type Overview } from '../../pipeline/overview.ts';
import { useServices } from '../../services.ts';

/** At most so many projects are asked about at once. */
const AT_ONCE = 3;

/**
 * What the projects in sight are about. Each is asked about once it comes into sight, and again when the server says that something about
 * it has changed.
 */
export function useOverviews(names: readonly string[], projects: readonly Project[]): ReadonlyMap<string, Overview> {
  const { api } = useServices();
  const [known, setKnown] = useState<ReadonlyMap<string, Overview>>(new Map());
  const versions = useRef(new Map<string, string>());
  const byName = useMemo(
    () => new Map(projects.map((project) => [project.metadata.name ?? '', project.metadata.resourceVersion ?? ''])),
    [projects],
  );
  const wanted = names.map((name) => `${name} ${byName.get(name) ?? ''}`).join('\n');
  useEffect(() => {
    let current = true;
    const queue = names.filter((name) => versions.current.get(name) !== (byName.get(name) ?? ''));
    const work = async (): Promise<void> => {
      for (let name = queue.shift(); name !== undefined && current; name = queue.shift()) {
        const project = name;
        const version = byName.get(project) ?? '';
        try {
          const [stages, freight] = await Promise.all([api.stagesBriefly(project), api.newestFreight(project)]);
          versions.current.set(project, version);
          const overview = overviewOf(stages, freight, Date.now() + api.skew);
          if (current) setKnown((before) => new Map(before).set(project, overview));
        } catch {
          versions.current.set(project, version); // The row says what the project itself says.
        }
      }
    };
    for (let worker = 0; worker < AT_ONCE; worker++) void work();
    return () => {
      current = false;
    };
  }, [wanted, api]);
  return known;
}
