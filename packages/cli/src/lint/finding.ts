/** Something that is wrong with a manifest, and where. */
export interface Finding {
  file: string;
  line: number;
  column: number;
  severity: 'error' | 'warning';
  code: string;
  message: string;
  suggestion?: string | undefined;
  /** The object it is about, `Stage demo/test`. */
  object?: string | undefined;
  /** The field, as Kubernetes writes paths. */
  field?: string | undefined;
}

/** Findings by place; each once. */
export function sortedFindings(findings: readonly Finding[]): Finding[] {
  const unique = new Map(findings.map((one) => [JSON.stringify([one.file, one.line, one.column, one.code, one.message]), one]));
  return [...unique.values()].toSorted(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}

/** One line for people and editors: `file:line:column: error: message (code)`. */
export function findingText({ file, line, column, severity, message, suggestion, code }: Finding): string {
  return `${file}:${line}:${column}: ${severity}: ${message}${suggestion === undefined ? '' : `; ${suggestion}`} [${code}]\n`;
}

/** The keys and indexes of a path as Kubernetes writes it: `spec.steps[0].config["a.b"]`. */
export function pathOf(field: string): (string | number)[] {
  const out: (string | number)[] = [];
  for (const [, name, index, quoted] of field.matchAll(/([^.[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/g)) {
    if (index !== undefined) out.push(Number(index));
    else out.push(name ?? quoted ?? '');
  }
  return out;
}
