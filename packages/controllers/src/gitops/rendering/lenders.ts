/** Sources that lend files to another one, by their `ref`. */
import { join, relative } from 'node:path/posix';
import type { Application, ApplicationSource } from '@kargo/api';
import type { Workspace } from '@kargo/integrations';
import { sourcesOf } from '../source.ts';

export interface Lender {
  source: ApplicationSource;
  revision: string;
}

/** Folder of the workspace in which a source lies. */
const SOURCE = 'source';
const LENT = /^\$([^/]+)\/(.*)$/;

/** Files of a source that may be those of others. */
interface HelmFiles {
  valueFiles?: string[];
  fileParameters?: { name: string; path: string }[];
}

/** The files that a source names for helm, as it names them. */
export function helmFiles({ helm }: ApplicationSource): string[] {
  const { valueFiles = [], fileParameters = [] } = (helm ?? {}) as HelmFiles;
  return [...valueFiles, ...fileParameters.map(({ path }) => path)];
}

/** Takes `$ref/path` apart. Without a `ref` the file is one of the source itself: from its root if it begins with a slash, else from its folder. */
export function fileOf(file: string): { ref?: string | undefined; path: string } {
  const [, ref, path = ''] = LENT.exec(file) ?? [];
  return ref === undefined ? { path: file } : { ref, path };
}

/** Place of the source that has a `ref`. Throws if there is none. */
export function lenderIndex(app: Application, name: string): number {
  const index = sourcesOf(app).findIndex(({ ref }) => ref === name);
  if (index === -1 || !/^[a-zA-Z0-9_-]+$/.test(name))
    throw new Error(`a values file names $${name}, but no source of the Application has the ref ${JSON.stringify(name)}`);
  return index;
}

/** The sources whose files a source names as `$ref/path`. Throws if a name belongs to no source. */
export function lendersOf(app: Application, source: ApplicationSource, revisions: readonly string[]): Lender[] {
  const names = new Set(helmFiles(source).flatMap((file) => fileOf(file).ref ?? []));
  return [...names].map((name) => {
    const index = lenderIndex(app, name);
    const [lender, revision] = [sourcesOf(app)[index], revisions[index]];
    if (lender === undefined || revision === undefined)
      throw new Error(`the source with the ref ${name} has no resolved revision`);
    return { source: lender, revision };
  });
}

/** Where a file of a source is, from the root of the workspace: in the source that lies in `source/`, or in that of a lender. */
export function placeOf(file: string, folder: string): string {
  const { ref, path } = fileOf(file);
  return ref === undefined ? join(path.startsWith('/') ? SOURCE : folder, path) : join('refs', ref, path);
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
    out.push(LENT.test(file) || file.startsWith('/') ? relative(chart, inWorkspace) : file);
  }
  return out;
}
