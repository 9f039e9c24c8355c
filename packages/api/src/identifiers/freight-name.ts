import { posix } from 'node:path';
import type { ArtifactReference, Chart, FreightOrigin, GitCommit, Image } from '../kinds/field-schemas.ts';
import { compareBytes } from './bytes.ts';
import { normalizeChartURL } from './chart-url.ts';
import { normalizeGitURL } from './git-url.ts';
import { sha1Hex } from './hash.ts';

/** What a Freight's name is made of. */
export interface FreightContent {
  origin: FreightOrigin;
  commits?: readonly GitCommit[] | undefined;
  images?: readonly Image[] | undefined;
  charts?: readonly Chart[] | undefined;
  artifacts?: readonly ArtifactReference[] | undefined;
}

function suffix(subscriptionName: string | undefined): string {
  return subscriptionName === undefined || subscriptionName === '' ? '' : `:${subscriptionName}`;
}

function commitText({ repoURL = '', tag = '', id = '', subscriptionName }: GitCommit): string {
  return `${normalizeGitURL(repoURL)}:${tag === '' ? '' : `${tag}:`}${id}${suffix(subscriptionName)}`;
}

function imageText({ repoURL = '', tag = '', digest = '', subscriptionName }: Image): string {
  return `${repoURL}:${tag}@${digest}${suffix(subscriptionName)}`;
}

function chartText({ repoURL = '', name = '', version = '', subscriptionName }: Chart): string {
  return `${joinPath(normalizeChartURL(repoURL), name)}:${version}${suffix(subscriptionName)}`;
}

function artifactText({ artifactType = '', subscriptionName, version }: ArtifactReference): string {
  return `${artifactType}:${subscriptionName}:${version}`;
}

/** Joins and cleans: empty parts and doubled slashes go, `.` and `..` are resolved, no slash is left at the end. */
function joinPath(...parts: string[]): string {
  const given = parts.filter((part) => part !== '');
  if (given.length === 0) return '';
  const joined = posix.join(...given);
  return joined.length > 1 ? joined.replace(/\/$/, '') : joined;
}

/** The text whose SHA-1 is the name of a Freight. */
export function freightNameInput({ origin, commits, images, charts, artifacts }: FreightContent): string {
  const parts = [
    ...(commits ?? []).map(commitText),
    ...(images ?? []).map(imageText),
    ...(charts ?? []).map(chartText),
    ...(artifacts ?? []).map(artifactText),
  ].toSorted(compareBytes);
  return `${origin.kind}/${origin.name}:${parts.join('|')}`;
}

/** The name of a Freight: 40 hexadecimal digits that depend on its origin and on what its artifacts are, not on facts about them. */
export function freightName(content: FreightContent): string {
  return sha1Hex(freightNameInput(content));
}
