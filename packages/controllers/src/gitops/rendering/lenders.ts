/** Sources that lend files to another one, by their `ref`. */
import { join, relative } from 'node:path/posix';
import type { Application, ApplicationSource } from '@kargo/api';
import type { Workspace } from '@kargo/integrations';
import { sourcesOf } from '../source.ts';

export interface Lender {
  source: ApplicationSource;
  revision: string;
}

const LENT = /^\$([^/]+)\/(.*)$/;

/** Files of a source that may be those of others. */
interface HelmFiles {
  valueFiles?: string[];
  fileParameters?: { name: string; path: string }[];
}

/** The sources whose files a source names as `$ref/path`. Throws if a name belongs to no source. */
export function lendersOf(app: Application, { helm }: ApplicationSource, revisions: readonly string[]): Lender[] {
  const { valueFiles = [], fileParameters = [] } = (helm ?? {}) as HelmFiles;
  const files = [...valueFiles, ...fileParameters.map(({ path }) => path)];
  const names = new Set(files.flatMap((file) => LENT.exec(file)?.[1] ?? []));
  return [...names].map((name) => {
    const index = sourcesOf(app).findIndex(({ ref }) => ref === name);
    const [source, revision] = [sourcesOf(app)[index], revisions[index]];
    if (source === undefined || revision === undefined || !/^[a-zA-Z0-9_-]+$/.test(name))
      throw new Error(`a values file names $${name}, but no source of the Application has the ref ${JSON.stringify(name)}`);
    return { source, revision };
  });
}

/** Where a file of a source is, from the root of the workspace: in the folder of the source, or in that of a lender. */
export function placeOf(file: string, folder: string): string {
  const lent = LENT.exec(file);
  return lent === null ? join(folder, file) : join('refs', lent[1] ?? '', lent[2] ?? '');
}

/** Where values files are, from the folder of the chart. Those that may be missing, and are, are left out. */
export async function valuesFiles(
  { valueFiles = [], ignoreMissingValueFiles = false }: { valueFiles?: string[]; ignoreMissingValueFiles?: boolean },
  path: string,
  workspace: Workspace,
): Promise<string[]> {
  const out: string[] = [];
  const chart = relative(workspace.root, path);
  for (const file of valueFiles) {
    const inWorkspace = placeOf(file, chart);
    if (ignoreMissingValueFiles && !(await workspace.exists(inWorkspace))) continue;
    out.push(LENT.test(file) ? relative(chart, inWorkspace) : file);
  }
  return out;
}
