/** Annotations for the two levels of an artifact. */
export interface ScopedAnnotations {
  index: Record<string, string>;
  manifest: Record<string, string>;
}

/** Sorts annotations by the prefix of their keys, `index:` or `manifest:`; those without one are for manifests. */
export function scopeAnnotations(annotations: Readonly<Record<string, string>> = {}): ScopedAnnotations {
  const out: ScopedAnnotations = { index: {}, manifest: {} };
  for (const [key, value] of Object.entries(annotations)) {
    const [, scope = 'manifest', name = ''] = /^(?:(index|manifest):)?(.*)$/s.exec(key) ?? [];
    out[scope as keyof ScopedAnnotations][name] = value;
  }
  return out;
}
