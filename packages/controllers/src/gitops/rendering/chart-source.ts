/** Charts from repositories: those with an index (`https://…`), and registries (`oci://…`). */
import type { ApplicationSource } from '@kargo/api';
import { compareVersions, tryParseVersion } from '@kargo/gocompat';
import { getChartDependencies, unpackArchive } from '@kargo/promotion';
import type { Charts, Credentials } from '@kargo/integrations';
import { stringify } from 'yaml';
import { loginFor } from '../../warehouse/login.ts';
import type { RenderFolderDeps } from './render-folder.ts';
import { mayBeRange, tagOfRange } from './target-revision.ts';

/** A chart in a repository. */
export interface Chart {
  name: string;
  /** `https://…` of a repository with an index, or `oci://…` of what holds the chart. */
  repository: string;
}

const OCI = 'oci://';

/** The chart that a source names, if it is one. A registry may be written without its scheme; without `chart`, its last part names the chart. */
export function chartOf({ repoURL, chart = '' }: ApplicationSource): Chart | undefined {
  const url = repoURL.replace(/\/+$/, '');
  if (chart === '') {
    if (!url.startsWith(OCI)) return undefined;
    const at = url.lastIndexOf('/');
    return { name: url.slice(at + 1), repository: url.slice(0, at) };
  }
  return { name: chart, repository: /^(?:https?|oci):\/\//.test(url) ? url : `${OCI}${url}` };
}

/** The version that a `targetRevision` stands for: itself, the highest of a range, or the newest. Fails if the repository has none such. */
export async function chartVersion(
  chart: Chart,
  targetRevision: string,
  { charts, credentials, signal }: { charts: Charts; credentials: Credentials; signal: AbortSignal },
): Promise<string> {
  const { name, repository } = chart;
  const repoURL = repository.startsWith(OCI) ? `${repository}/${name}` : repository;
  const login = await loginFor(credentials, { project: '', type: 'helm', repoURL, signal });
  const versions = await charts.versions({
    repoURL,
    ...(repository.startsWith(OCI) ? {} : { name }),
    credentials: login,
    signal,
  });
  if (versions.length === 0) throw new Error(`there is no chart ${name} in ${repository}`);
  if (targetRevision !== '' && !mayBeRange(targetRevision)) {
    const exact = versions.find(
      (version) => version === targetRevision || version === `v${targetRevision}` || `v${version}` === targetRevision,
    );
    if (exact === undefined)
      throw new Error(
        `the chart ${name} in ${repository} has no version ${targetRevision}; it has ${newest(versions, 5).join(', ')}`,
      );
    return exact;
  }
  return tagOfRange(targetRevision === '' ? '*' : targetRevision, versions) ?? targetRevision;
}

function newest(versions: readonly string[], count: number): string[] {
  const parsed = versions.flatMap((text) => {
    const version = tryParseVersion(text);
    return version === undefined ? [] : [{ text, version }];
  });
  return parsed
    .toSorted((a, b) => compareVersions(b.version, a.version))
    .slice(0, count)
    .map(({ text }) => text);
}

/** Puts a version of a chart into a folder of the workspace. */
export async function fetchChart(
  { name, repository }: Chart,
  version: string,
  folder: string,
  deps: RenderFolderDeps,
): Promise<void> {
  const { workspace, signal } = deps;
  // Helm gets dependencies with the credentials of each repository, out of anybody's sight: a chart that depends on nothing but this one.
  const wrapper = { apiVersion: 'v2', name: 'wrapper', version: '0.0.0', dependencies: [{ name, version, repository }] };
  await workspace.writeFile('wrapper/Chart.yaml', stringify(wrapper));
  await getChartDependencies('wrapper', 'update', { project: '', workspace, signal }, deps);
  const archive = (await workspace.list('wrapper/charts')).find((entry) => entry.name.endsWith('.tgz'));
  if (archive === undefined) throw new Error(`helm has put no archive of ${name} ${version} from ${repository} down`);
  await unpackArchive({ workspace, inPath: `wrapper/charts/${archive.name}`, outPath: folder, stripComponents: 1, signal });
}
