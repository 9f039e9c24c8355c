import type { Freight, Stage, Warehouse } from '@kargo/api';
import { labelOf } from './cells.ts';
import { lookOfStage } from './state.ts';

/** What a person looks for: words that must all be there. Empty: everything. */
export type Words = readonly string[];

export function wordsOf(text: string): Words {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** Whether a stage has all words in its name, its labels, its origins, how it stands, or what it runs. */
export function stageMatches(stage: Stage, words: Words): boolean {
  if (words.length === 0) return true;
  const look = lookOfStage(stage);
  const items = Object.values(stage.status?.freightHistory?.[0]?.items ?? {});
  return matches(words, [
    stage.metadata.name,
    ...Object.entries(stage.metadata.labels ?? {}).map(([key, value]) => `${key}=${value}`),
    ...stage.spec.requestedFreight.map(({ origin }) => origin.name),
    look.word,
    stage.status?.health?.status,
    ...items.flatMap(({ images, charts, commits }) => [
      ...(images ?? []).map(({ tag }) => tag),
      ...(charts ?? []).map(({ version }) => version),
      ...(commits ?? []).map(({ id }) => id),
    ]),
  ]);
}

/** Whether Freight has all words in its alias, name, or artifacts. */
export function freightMatches(freight: Freight, words: Words): boolean {
  if (words.length === 0) return true;
  return matches(words, [
    labelOf(freight),
    freight.metadata.name,
    ...(freight.images ?? []).flatMap(({ repoURL, tag, digest }) => [repoURL, tag, digest]),
    ...(freight.charts ?? []).flatMap(({ repoURL, name, version }) => [repoURL, name, version]),
    ...(freight.commits ?? []).flatMap(({ repoURL, id, tag, branch, message, author }) => [
      repoURL,
      id,
      tag,
      branch,
      message,
      author,
    ]),
    ...(freight.artifacts ?? []).flatMap(({ subscriptionName, version }) => [subscriptionName, version]),
  ]);
}

export function warehouseMatches(warehouse: Warehouse, words: Words): boolean {
  return matches(words, [warehouse.metadata.name]);
}

function matches(words: Words, texts: readonly (string | undefined)[]): boolean {
  // One text in lower case instead of many; no word has a line break in it.
  const all = texts.join('\n').toLowerCase();
  return words.every((word) => all.includes(word));
}
