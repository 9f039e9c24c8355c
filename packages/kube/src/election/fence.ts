/**
 * Ties a write to a term of leadership: the Lease must be held by `holder` in its `transitions`th term when the write is stored. Servers
 * that know fences refuse other writes with `Conflict`; others ignore them.
 */
export interface Fence {
  namespace: string;
  name: string;
  holder: string;
  transitions: number;
}

/** Header of a request that carries a fence. */
export const FENCE_HEADER = 'kargo-fence';

export function fenceText({ namespace, name, holder, transitions }: Fence): string {
  return new URLSearchParams({ namespace, name, holder, transitions: String(transitions) }).toString();
}

/** Reads what {@link fenceText} wrote; undefined when it cannot be read. */
export function parseFence(text: string): Fence | undefined {
  const fields = new URLSearchParams(text);
  const [namespace, name, holder, transitions] = ['namespace', 'name', 'holder', 'transitions'].map(
    (field) => fields.get(field) ?? '',
  );
  if (!namespace || !name || !holder || transitions === undefined || !/^\d{1,15}$/.test(transitions)) return undefined;
  return { namespace, name, holder, transitions: Number(transitions) };
}
