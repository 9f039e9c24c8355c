import {
  type DiscoveredArtifacts,
  normalizeChartURL,
  normalizeGitURL,
  normalizeImageURL,
  type DiscoveredCommit,
  type DiscoveredImageReference,
} from '@kargo/api';
import { check, compile, hostFunction, type HostFunction, type Struct, StructType } from '@kargo/expr';
import { booleanResult } from './boolean-result.ts';

/** Whether the artifacts are such that Freight is to be made of them. */
export type CriteriaResult = { kind: 'satisfied' } | { kind: 'unsatisfied' } | { kind: 'failed'; message: string };

const commitType: StructType = new StructType('DiscoveredCommit', [
  { name: 'RepoURL', json: 'repoURL', type: 'string' },
  { name: 'ID', json: 'id', type: 'string' },
  { name: 'Branch', json: 'branch', type: 'string' },
  { name: 'Tag', json: 'tag', type: 'string' },
  { name: 'Subject', json: 'subject', type: 'string' },
  { name: 'Author', json: 'author', type: 'string' },
  { name: 'Committer', json: 'committer', type: 'string' },
  { name: 'CreatorDate', json: 'creatorDate', type: 'string' },
]);
const imageType: StructType = new StructType('DiscoveredImage', [
  { name: 'RepoURL', json: 'repoURL', type: 'string' },
  { name: 'Tag', json: 'tag', type: 'string' },
  { name: 'Digest', json: 'digest', type: 'string' },
  { name: 'Annotations', json: 'annotations', type: 'map' },
  { name: 'CreatedAt', json: 'createdAt', type: 'string' },
]);
const chartType: StructType = new StructType('DiscoveredChart', [
  { name: 'RepoURL', json: 'repoURL', type: 'string' },
  { name: 'Name', json: 'name', type: 'string' },
  { name: 'Version', json: 'version', type: 'string' },
]);
const artifactType: StructType = new StructType('DiscoveredArtifact', [
  { name: 'ArtifactType', json: 'artifactType', type: 'string' },
  { name: 'SubscriptionName', json: 'subscriptionName', type: 'string' },
  { name: 'Version', json: 'version', type: 'string' },
  { name: 'Metadata', json: 'metadata' },
]);

/** Functions over the best artifact of each subscription. Nothing found is nil. */
function functionsOver({ git = [], images = [], charts = [], results = [] }: DiscoveredArtifacts): Record<string, HostFunction> {
  const byURL = { params: ['string'] as const };
  return {
    commitFrom: hostFunction('commitFrom', { ...byURL, result: commitType }, ([url]) => {
      const found = git.find(({ repoURL }) => normalizeGitURL(repoURL) === normalizeGitURL(String(url)));
      return structOf(commitType, found?.repoURL, found?.commits?.[0]);
    }),
    imageFrom: hostFunction('imageFrom', { ...byURL, result: imageType }, ([url]) => {
      const found = images.find(({ repoURL }) => normalizeImageURL(repoURL) === normalizeImageURL(String(url)));
      return structOf(imageType, found?.repoURL, found?.references?.[0]);
    }),
    chartFrom: hostFunction(
      'chartFrom',
      [
        { params: ['string'], result: chartType },
        { params: ['string', 'string'], result: chartType },
      ],
      ([url, name]) => {
        const found = charts.find(
          (chart) =>
            normalizeChartURL(chart.repoURL) === normalizeChartURL(String(url)) && (name === undefined || chart.name === name),
        );
        const [version] = found?.versions ?? [];
        return found === undefined || version === undefined
          ? null
          : chartType.of({ repoURL: found.repoURL, name: found.name ?? '', version });
      },
    ),
    artifactFrom: hostFunction('artifactFrom', { params: ['string'], result: artifactType }, ([name]) => {
      const [artifact] = results.find((result) => result.name === name)?.artifactReferences ?? [];
      return artifact === undefined ? null : artifactType.of({ ...artifact });
    }),
  };
}

function structOf(
  type: StructType,
  repoURL: string | undefined,
  artifact: DiscoveredCommit | DiscoveredImageReference | undefined,
): Struct | null {
  return repoURL === undefined || artifact === undefined ? null : type.of({ repoURL, ...artifact });
}

/** Evaluates the criteria of a Warehouse over what was found. No criteria, or nothing found, is satisfying. Never fails. */
export function evaluateCriteria(expression: string | undefined, found: DiscoveredArtifacts): CriteriaResult {
  const count = (found.git ?? []).length + (found.images ?? []).length + (found.charts ?? []).length;
  if (expression === undefined || expression.trim() === '' || count === 0) return { kind: 'satisfied' };
  try {
    const program = compile(expression, { functions: functionsOver(found) });
    return { kind: booleanResult(program.run({})) ? 'satisfied' : 'unsatisfied' };
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
}

/** What can be told to be wrong with criteria before anything was found: syntax, functions, arguments. Absent if nothing is. */
export function criteriaProblem(expression: string): string | undefined {
  const [error] = check(expression, { functions: functionsOver({}), variables: [] });
  return error?.message;
}
