import type { Stage } from '@kargo/api';

/** Repositories of images that stages run or ran, names ascending. */
export function repositoriesIn(stages: readonly Stage[]): string[] {
  const found = new Set<string>();
  for (const { status } of stages)
    for (const { items } of status?.freightHistory ?? [])
      for (const { images } of Object.values(items ?? {})) for (const { repoURL } of images ?? []) found.add(repoURL ?? '');
  return [...found].toSorted();
}

export interface MatrixRow {
  tag: string;
  /** For each stage the places of the tag in its history: 1 runs now, 2 ran before that, and so on. */
  places: ReadonlyMap<string, readonly number[]>;
}

/** Tags by stage, newest tag first; without `history` only what runs now. Stages that never had the image have no column. */
export function matrixOf(
  stages: readonly Stage[],
  repository: string,
  { history }: { history: boolean },
): { tags: MatrixRow[]; columns: string[] } {
  const rows = new Map<string, Map<string, number[]>>();
  const columns = new Set<string>();
  for (const { metadata, status } of stages) {
    const name = metadata.name ?? '';
    for (const [index, { items }] of (status?.freightHistory ?? []).entries()) {
      if (index > 0 && !history) break;
      for (const { images } of Object.values(items ?? {}))
        for (const { repoURL, tag = '' } of images ?? []) {
          if (repoURL !== repository) continue;
          columns.add(name);
          const row = rows.get(tag) ?? new Map<string, number[]>();
          rows.set(tag, row);
          row.set(name, [...(row.get(name) ?? []), index + 1]);
        }
    }
  }
  const tags = [...rows]
    .map(([tag, places]) => ({ tag, places }))
    .toSorted((a, b) => b.tag.localeCompare(a.tag, 'en', { numeric: true }));
  return { tags, columns: [...columns] };
}
