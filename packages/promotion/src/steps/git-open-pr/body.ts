/** What a pull request says: what changes, which checks stand behind it, and which promotion it belongs to. */
import { Freight, isReason, Stage, type FreightReference } from '@kargo/api';
import type { StepContext, StepPorts } from '../../step.ts';

/** The line by which a pull request is known to be of a promotion. */
export function originLine({ project, stage, promotion }: Pick<StepContext<unknown>, 'project' | 'stage' | 'promotion'>): string {
  return `Opened by Kargo for Promotion \`${promotion.name}\` to Stage \`${stage}\` of project \`${project}\`.`;
}

const ORIGIN = /^Opened by Kargo for Promotion `([^`]+)` to Stage `([^`]+)` of project `([^`]+)`\.$/m;

/** The promotion that a description says it is of; undefined if it says nothing. */
export function originOf(description: string): { promotion: string; stage: string; project: string } | undefined {
  // Providers may give lines back with other ends.
  const [, promotion, stage, project] = ORIGIN.exec(description.replaceAll('\r', '')) ?? [];
  return promotion === undefined || stage === undefined || project === undefined ? undefined : { promotion, stage, project };
}

/** Two sections in Markdown: the artifacts that change, and the checks behind them. */
export async function changesAndChecks(
  {
    project,
    stage,
    targetFreight,
    freightRequests,
  }: Pick<StepContext<unknown>, 'project' | 'stage' | 'targetFreight' | 'freightRequests'>,
  { client }: Pick<StepPorts, 'client'>,
): Promise<string> {
  const target = await present(client.get(Stage, { namespace: project, name: stage }));
  const freight = await present(client.get(Freight, { namespace: project, name: targetFreight.name ?? '' }));
  const before = Object.values(target?.status?.freightHistory?.[0]?.items ?? {}).find(
    ({ origin }) => origin?.kind === targetFreight.origin?.kind && origin?.name === targetFreight.origin?.name,
  );
  return [
    '### What changes',
    '',
    ...artifactRows(before, targetFreight),
    '',
    '### Checks',
    '',
    ...checks(freight, stage, freightRequests),
  ].join('\n');
}

function artifactRows(before: FreightReference | undefined, after: FreightReference): string[] {
  const old = new Map(artifacts(before).map(({ name, version }) => [name, version]));
  const rows = artifacts(after).map(({ kind, name, version }) => {
    const was = old.get(name);
    return `| ${cell(kind)} | ${cell(name)} | ${was === undefined ? '–' : cell(was)} | ${was === version ? '(unchanged)' : cell(version)} |`;
  });
  if (rows.length === 0) return ['The Freight has no artifacts.'];
  return ['| | artifact | now in the Stage | then |', '|---|---|---|---|', ...rows];
}

function artifacts(reference: FreightReference | undefined): { kind: string; name: string; version: string }[] {
  const { images = [], charts = [], commits = [], artifacts: others = [] } = reference ?? {};
  return [
    ...images.map(({ repoURL = '', tag, digest }) => ({ kind: 'image', name: repoURL, version: tag ?? digest ?? '' })),
    ...charts.map(({ repoURL = '', name = '', version = '' }) => ({
      kind: 'chart',
      name: name === '' ? repoURL : `${repoURL} ${name}`,
      version,
    })),
    ...commits.map(({ repoURL = '', id = '', tag, message = '' }) => ({
      kind: 'commit',
      name: repoURL,
      version: `${tag ?? id.slice(0, 12)}${message === '' ? '' : ` (${(message.split('\n')[0] ?? '').slice(0, 80)})`}`,
    })),
    ...others.map(({ artifactType, subscriptionName: name, version }) => ({ kind: artifactType ?? 'artifact', name, version })),
  ];
}

function checks(freight: Freight | undefined, stage: string, requests: StepContext<unknown>['freightRequests']): string[] {
  const { verifiedIn = {}, approvedFor = {} } = freight?.status ?? {};
  const lines = Object.entries(verifiedIn)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { verifiedAt, longestSoak }]) => {
      const since = verifiedAt === undefined ? '' : ` at ${verifiedAt}`;
      return `- verified in Stage \`${name}\`${since}${longestSoak === undefined ? '' : `, stayed there for ${longestSoak}`}`;
    });
  const approved = approvedFor[stage];
  if (approved !== undefined)
    lines.push(`- approved for this Stage${approved.approvedAt === undefined ? '' : ` at ${approved.approvedAt}`}`);
  if (lines.length > 0) return lines;
  const direct = requests.some(({ sources }) => sources.direct === true);
  return [
    direct
      ? 'None: this Stage takes Freight directly from its Warehouse, before anything has verified it.'
      : 'No Stage has verified this Freight.',
  ];
}

/** Text of others in a table. */
function cell(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replaceAll('|', String.raw`\|`);
}

async function present<T>(object: Promise<T>): Promise<T | undefined> {
  try {
    return await object;
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
