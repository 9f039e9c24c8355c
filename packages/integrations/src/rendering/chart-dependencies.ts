/** What a chart depends on, as its files say. */
import { readFile, realpath, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { isLinkLocal } from '../http/addresses.ts';
import { systemCode } from '../port-error.ts';
import { checkLinks, inside } from './containment.ts';
import { RenderError } from './render-error.ts';
import { steadyArchive } from './steady-archive.ts';

export interface ChartDependency {
  name: string;
  version: string;
  /** `https://…`, `http://…`, `oci://…` or `file://…`; empty: it lies in `charts/`. */
  repository: string;
}

/** Reads dependencies from the text of a `Chart.yaml`, `Chart.lock` or `requirements.yaml`. Fails with `RenderError` `invalid`. */
export function parseChartDependencies(file: string, text: string): ChartDependency[] {
  const document = parseDocument(text, { logLevel: 'silent' });
  const why = document.errors[0]?.message.split('\n')[0];
  if (why !== undefined) throw new RenderError('invalid', `${file} is not valid YAML: ${why}`);
  const { dependencies } = (document.toJS({ maxAliasCount: 1000 }) ?? {}) as { dependencies?: unknown };
  if (dependencies === undefined || dependencies === null) return [];
  if (!Array.isArray(dependencies)) throw new RenderError('invalid', `${file}: dependencies is not a list`);
  return dependencies.map((entry: unknown) => {
    const { name, version, repository } = (entry ?? {}) as Partial<Record<string, unknown>>;
    if (typeof name !== 'string') throw new RenderError('invalid', `${file}: a dependency has no name`);
    return { name, version: textOf(version), repository: textOf(repository) };
  });
}

/**
 * Checks that getting the dependencies of the chart in `folder` reads nothing outside `root`: folders named with `file://` must be
 * relative and lie inside, links resolved, and servers must not be link-local. Fails with `RenderError` `invalid`.
 */
export async function checkDependencies(root: string, folder: string): Promise<void> {
  const realRoot = await realpath(root);
  for (const name of ['Chart.yaml', 'requirements.yaml']) {
    const file = await inside(realRoot, join(folder, name), relative(root, join(folder, name)));
    for (const { name: chart, repository } of parseChartDependencies(name, await textAt(file))) {
      if (repository.startsWith('file://')) {
        const path = repository.slice('file://'.length);
        if (isAbsolute(path))
          throw new RenderError(
            'invalid',
            `the dependency ${chart} of ${name} has an absolute path; write it relative to the chart`,
          );
        const target = await inside(realRoot, resolve(folder, path), `the dependency ${chart} of ${name}`);
        await checkLinks(root, target).catch((error: unknown) => {
          if (systemCode(error) !== 'ENOENT') throw error;
          throw new RenderError('invalid', `the dependency ${chart} of ${name} is at ${path}, which does not exist`, {
            cause: error,
          });
        });
      } else if (URL.canParse(repository) && isLinkLocal(new URL(repository.replace(/^oci:/, 'https:')).hostname)) {
        throw new RenderError(
          'invalid',
          `the dependency ${chart} of ${name} is refused: its repository has a link-local address`,
        );
      }
    }
  }
}

/**
 * Makes what helm has packed of folders named with `file://` the same whenever it does so: it writes the time into every file. Fails with
 * `RenderError` `invalid` where names lead out of `root`.
 */
export async function steadyLocalDependencies(root: string, folder: string): Promise<void> {
  const realRoot = await realpath(root);
  for (const file of ['Chart.yaml', 'requirements.yaml']) {
    for (const { name, repository } of parseChartDependencies(file, await textAt(join(folder, file)))) {
      if (!repository.startsWith('file://')) continue;
      const chart = await inside(realRoot, resolve(folder, repository.slice('file://'.length), 'Chart.yaml'), name);
      const version = textOf((parseDocument(await textAt(chart)).toJS() as { version?: unknown } | null)?.version);
      // Names and versions come from the repository, as do links.
      const packed = await inside(realRoot, join(folder, 'charts', `${name}-${version}.tgz`), name);
      const before = await readFile(packed).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (before !== undefined) await writeFile(packed, await steadyArchive(before));
    }
  }
}

async function textAt(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
