import { useMemo } from 'react';
import type { Api } from '../../data/api.ts';
import type { KnownNames } from '../../manifest/complete.ts';
import { useLoaded, useProject, useServices } from '../../services.ts';

interface Named {
  items: { metadata: { name?: string } }[];
}

/** Names of what exists in a project and for all projects. What may not be seen is left out. */
export function useNames(project: string): KnownNames {
  const { api } = useServices();
  const data = useProject(project);
  const { value } = useLoaded(async () => {
    const at = encodeURIComponent(project);
    const [analysisTemplates, clusterAnalysisTemplates, promotionTasks, clusterPromotionTasks] = await Promise.all(
      [
        `projects/${at}/analysis-templates`,
        'shared/cluster-analysis-templates',
        `projects/${at}/promotion-tasks`,
        'shared/cluster-promotion-tasks',
      ].map((route) => namesOf(api, route)),
    );
    return { analysisTemplates, clusterAnalysisTemplates, promotionTasks, clusterPromotionTasks };
  }, [api, project]);
  return useMemo(
    () => ({ warehouses: [...data.warehouses.keys()].toSorted(), stages: [...data.stages.keys()].toSorted(), ...value }),
    [data.warehouses, data.stages, value],
  );
}

async function namesOf(api: Api, route: string): Promise<string[]> {
  try {
    const { items } = await api.call<Named>('GET', `${route}?fields=metadata.name`);
    return items.flatMap(({ metadata }) => metadata.name ?? []).toSorted();
  } catch {
    // Suggestions are a help, not a condition.
    return [];
  }
}
