import { normalizeGitURL, type Application, type ApplicationSource } from '@kargo/api';
import type { KustomizeImageUpdate, SourceUpdate } from './config.ts';

/** The sources of an Application: `sources` if it has any, else `source`. */
export function sourcesOf(app: Application): readonly ApplicationSource[] {
  const { sources, source } = app.spec;
  if (sources !== undefined && sources.length > 0) return sources;
  return source === undefined ? [] : [source];
}

/** Whether an update means this source: charts by equal repository and chart, repositories by normalised URL. */
export function matchesSource({ repoURL, chart = '' }: SourceUpdate, source: ApplicationSource): boolean {
  if (chart !== '' || (source.chart ?? '') !== '') return chart === (source.chart ?? '') && repoURL === source.repoURL;
  return normalizeGitURL(repoURL) === normalizeGitURL(source.repoURL);
}

/** Per source the revision that must be observed; empty where nothing is demanded. */
export function desiredRevisions(sources: readonly ApplicationSource[], updates: readonly SourceUpdate[]): string[] {
  return sources.map((source) => updates.find((update) => matchesSource(update, source))?.desiredRevision ?? '');
}

/** The sources after all updates, each applied to the first source it means. Fails naming an update that means none. */
export function updateSources(sources: readonly ApplicationSource[], updates: readonly SourceUpdate[]): ApplicationSource[] {
  const out = [...sources];
  for (const update of updates) {
    const index = out.findIndex((source) => matchesSource(update, source));
    const source = out[index];
    if (source === undefined) throw new Error(`no source of the Application has ${describeUpdate(update)}`);
    out[index] = updateSource(source, update);
  }
  return out;
}

function describeUpdate({ repoURL, chart = '' }: SourceUpdate): string {
  return chart === '' ? `the repository ${repoURL}` : `the repository ${repoURL} and the chart ${chart}`;
}

function updateSource(source: ApplicationSource, update: SourceUpdate): ApplicationSource {
  const { desiredRevision = '', updateTargetRevision = false, kustomize, helm } = update;
  return {
    ...source,
    ...(updateTargetRevision && desiredRevision !== '' ? { targetRevision: desiredRevision } : {}),
    ...(kustomize?.images === undefined
      ? {}
      : { kustomize: { ...source.kustomize, images: kustomize.images.map((image) => kustomizeImage(image)) } }),
    ...(helm === undefined
      ? {}
      : { helm: { ...source.helm, parameters: updateParameters(source.helm?.['parameters'], helm.images) } }),
  };
}

/** An image as Kustomize sources list it: `repository[=name](@digest|:tag)`. */
export function kustomizeImage({ repoURL, newName = '', tag = '', digest = '' }: KustomizeImageUpdate): string {
  const name = newName === '' ? repoURL : `${repoURL}=${newName}`;
  if (digest !== '') return `${name}@${digest}`;
  if (tag !== '') return `${name}:${tag}`;
  if (newName !== '') return name;
  throw new Error(`the Kustomize image ${repoURL} has neither a tag nor a digest nor a new name; give one of them`);
}

function updateParameters(
  existing: unknown,
  updates: readonly { key: string; value: string }[],
): { name: string; value: string }[] {
  const parameters = (Array.isArray(existing) ? existing : []) as { name: string; value: string }[];
  const out = parameters.map((parameter) => {
    const update = updates.findLast(({ key }) => key === parameter.name);
    return update === undefined ? parameter : { ...parameter, value: update.value };
  });
  for (const { key, value } of updates) {
    const known = out.find(({ name }) => name === key);
    if (known === undefined) out.push({ name: key, value });
    else if (!parameters.some(({ name }) => name === key)) known.value = value;
  }
  return out;
}
