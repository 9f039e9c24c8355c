import { annotations, CLAIM_ANNOTATION_PREFIX, type ObjectMeta } from '@kargo/api';

/** Values by claim. */
export type Claims = Readonly<Record<string, readonly string[]>>;

/**
 * The claims that lead to a ServiceAccount: those of the annotation with JSON and those of the older annotations for one claim each,
 * together. An annotation that cannot be read leads nobody there.
 */
export function claimsOf({ annotations: notes = {} }: ObjectMeta): Claims {
  const out = new Map<string, Set<string>>();
  const add = (claim: string, value: string): void => {
    const text = value.trim();
    if (text === '') return;
    const values = out.get(claim) ?? new Set();
    out.set(claim, values.add(text));
  };
  for (const [name, text] of Object.entries(notes)) {
    if (name === annotations.rbacClaims) for (const [claim, value] of claimsIn(text)) add(claim, value);
    else if (name.startsWith(CLAIM_ANNOTATION_PREFIX))
      for (const value of text.split(',')) add(name.slice(CLAIM_ANNOTATION_PREFIX.length), value);
  }
  return Object.fromEntries([...out].map(([claim, values]) => [claim, [...values]]));
}

/** The values of a claim, whatever it is called: names come from people, and every object has a `toString`. */
export function valuesOf(claims: Claims, name: string): readonly string[] {
  return Object.hasOwn(claims, name) ? (claims[name] ?? []) : [];
}

function* claimsIn(text: string): Generator<[claim: string, value: string]> {
  for (const [claim, value] of Object.entries(objectIn(text))) {
    if (typeof value === 'string') yield [claim, value];
    else if (Array.isArray(value)) for (const each of value) if (typeof each === 'string') yield [claim, each];
  }
}

function objectIn(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

/** Annotations with these claims in the current form; older forms are taken away. */
export function withClaims(notes: Record<string, string> | undefined, claims: Claims): Record<string, string> {
  const others = Object.entries(notes ?? {}).filter(
    ([name]) => name !== annotations.rbacClaims && !name.startsWith(CLAIM_ANNOTATION_PREFIX),
  );
  const kept = Object.entries(claims)
    .filter(([, values]) => values.length > 0)
    .map(([claim, values]): [string, string[]] => [claim, [...new Set(values)].toSorted()])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return {
    ...Object.fromEntries(others),
    ...(kept.length === 0 ? {} : { [annotations.rbacClaims]: JSON.stringify(Object.fromEntries(kept)) }),
  };
}

/** The texts in the claims of a token: strings and lists of strings; other claims lead nowhere. */
export function claimTexts(payload: Readonly<Record<string, unknown>>): Claims {
  return Object.fromEntries(
    Object.entries(payload).flatMap(([claim, value]): [string, string[]][] => {
      if (typeof value === 'string') return [[claim, [value]]];
      if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return [[claim, value]];
      return [];
    }),
  );
}
