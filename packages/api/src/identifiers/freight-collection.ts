import { type FreightCollection, type FreightReference, originKey, type VerificationInfo } from '../kinds/field-schemas.ts';
import { compareBytes } from './bytes.ts';
import { sha1Hex } from './hash.ts';

/** How many verifications a collection remembers, and how many collections a Stage. */
export const MAX_HISTORY = 10;

/** The id of the collection of Freight with these names, in whatever order they come. */
export function collectionId(names: readonly string[]): string {
  return sha1Hex(names.toSorted(compareBytes).join(','));
}

/** A collection of Freight, at most one per origin: a later one takes the place of an earlier one. References need an origin. */
export function newFreightCollection(...freight: readonly FreightReference[]): FreightCollection {
  return upsertFreight({ id: '' }, ...freight);
}

/** `collection` with `freight` in the places of their origins, and the id that follows from that. Verifications stay. */
export function upsertFreight(collection: FreightCollection, ...freight: readonly FreightReference[]): FreightCollection {
  const items = { ...collection.items };
  for (const reference of freight) {
    if (reference.origin === undefined) {
      throw new Error(`cannot add Freight ${JSON.stringify(reference.name ?? '')} to a collection: it names no origin`);
    }
    items[originKey(reference.origin)] = reference;
  }
  return { ...collection, id: collectionId(freightNames({ items })), items };
}

/** Names of the Freight in a collection, in order of origin. */
export function freightNames({ items }: Pick<FreightCollection, 'items'>): string[] {
  return Object.keys(items ?? {})
    .toSorted(compareBytes)
    .map((key) => items?.[key]?.name ?? '');
}

/** Whether the collection holds the Freight of that name. */
export function collectionIncludes(collection: FreightCollection | undefined, name: string): boolean {
  return collection !== undefined && freightNames(collection).includes(name);
}

/** History with `entry` in the place of the one with its id, or else first; the oldest beyond ten are forgotten. */
export function pushVerification(history: readonly VerificationInfo[] | undefined, entry: VerificationInfo): VerificationInfo[] {
  const entries = history ?? [];
  if (entries.some(({ id }) => id === entry.id)) return entries.map((known) => (known.id === entry.id ? entry : known));
  return [entry, ...entries].slice(0, MAX_HISTORY);
}

/** `collection` with a verification added to its history, as {@link pushVerification} adds it. */
export function withVerification(collection: FreightCollection, entry: VerificationInfo): FreightCollection {
  return { ...collection, verificationHistory: pushVerification(collection.verificationHistory, entry) };
}

/** History of a Stage with `collection` first, always as an entry of its own; the oldest beyond ten are forgotten. */
export function pushCollection(
  history: readonly FreightCollection[] | undefined,
  collection: FreightCollection,
): FreightCollection[] {
  return [collection, ...(history ?? [])].slice(0, MAX_HISTORY);
}
