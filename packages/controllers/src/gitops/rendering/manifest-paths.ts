/** `argocd.argoproj.io/manifest-generate-paths`: which files of a repository the manifests of an Application are made of. */
import { join } from 'node:path/posix';
import type { Application, ApplicationSource } from '@kargo/api';
import { compileGlob, ParseError } from '@kargo/gocompat';
import { sourcesOf } from '../source.ts';
import { buildVariables } from './build-variables.ts';
import { chartOf } from './chart-source.ts';
import { overrideFiles } from './source-overrides.ts';
import { fileOf, helmFiles, lenderIndex } from './lenders.ts';

export const MANIFEST_PATHS_ANNOTATION = 'argocd.argoproj.io/manifest-generate-paths';

/** Files that a rendering reads. */
export interface Reading {
  /** Place of the source whose repository it is. */
  source: number;
  /** Whether a file, by its path from the root of the repository, is one of them. Absent: any may be, or it is no repository of files. */
  includes?: ((path: string) => boolean) | undefined;
}

/** Whether an Application tells which files its manifests are made of. */
export function hasManifestPaths(app: Application): boolean {
  return patternsOf(app).length > 0;
}

function patternsOf({ metadata }: Application): string[] {
  const patterns = (metadata.annotations?.[MANIFEST_PATHS_ANNOTATION] ?? '').split(';').map((text) => text.trim());
  return patterns.filter((pattern) => pattern !== '');
}

/**
 * What rendering one source reads: the paths of the annotation, what changes its options, and every file of values it names, in its own
 * repository or in those that lend them. Of a chart, and where the revision itself is filled in, everything.
 */
export function readingsOf(app: Application, index: number): Reading[] {
  const source = sourcesOf(app)[index];
  if (source === undefined) return [];
  const readings: Reading[] = [{ source: index, includes: ownFiles(app, source) }];
  const substitute = buildVariables(app, source, '');
  for (const file of helmFiles(source)) {
    const { ref, path } = fileOf(file);
    const includes = literal(fromRoot(substitute(path), ref === undefined ? (source.path ?? '') : ''));
    const lender = ref === undefined ? index : lenderIndex(app, ref);
    readings.push({ source: lender, includes: fillsInRevision(source) ? undefined : includes });
  }
  return readings;
}

function ownFiles(app: Application, source: ApplicationSource): Reading['includes'] {
  const patterns = patternsOf(app);
  if (patterns.length === 0 || chartOf(source) !== undefined || fillsInRevision(source)) return undefined;
  const folder = source.path ?? '';
  const own = patterns.map((pattern) => matcher(fromRoot(pattern, folder)));
  for (const name of overrideFiles(app.metadata.name ?? '')) own.push(literal(fromRoot(name, folder)));
  return (path) => own.some((includes) => includes(path));
}

function fillsInRevision(source: ApplicationSource): boolean {
  return JSON.stringify(source).includes('ARGOCD_APP_REVISION');
}

/** The path from the root of the repository of one that begins there (`/x`) or at a folder. What leads out of the repository ends at its root. */
function fromRoot(path: string, folder: string): string {
  return join('/', path.startsWith('/') ? '' : folder, path)
    .slice(1)
    .replace(/\/$/, '');
}

/** A file, or everything in a folder. */
function literal(wanted: string): (path: string) => boolean {
  return (path) => wanted === '' || path === wanted || path.startsWith(`${wanted}/`);
}

/** A file, a folder, or a pattern. One that cannot be read counts for every file: too much is rendered rather than too little. */
function matcher(wanted: string): (path: string) => boolean {
  const isLiteral = literal(wanted);
  try {
    const glob = compileGlob(wanted);
    return (path) => isLiteral(path) || glob.matches(path);
  } catch (error) {
    if (error instanceof ParseError) return () => true;
    throw error;
  }
}
