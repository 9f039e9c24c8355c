/** The task an alias belongs to: what stands before `::`, if there is exactly one. */
export function namespaceOf(alias: string): string | undefined {
  const parts = alias.split('::');
  return parts.length === 2 ? parts[0] : undefined;
}

/** The alias within its task. */
export function shortAlias(alias: string): string {
  const parts = alias.split('::');
  return parts.length === 2 ? (parts[1] ?? '') : alias;
}
