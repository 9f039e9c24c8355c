export interface DiffLine {
  kind: 'added' | 'removed' | 'same' | 'gap';
  text: string;
  /** Line numbers before and after. */
  before?: number;
  after?: number;
}

/** The lines of a unified diff without headers, with their numbers; a gap stands where lines are left out. */
export function parseDiff(diff: string): DiffLine[] {
  const out: DiffLine[] = [];
  let before = 1;
  let after = 1;
  for (const line of diff.replace(/\n$/, '').split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$/.exec(line);
    if (hunk !== null) {
      before = Number(hunk[1]);
      after = Number(hunk[2]);
      if (out.length > 0 || before > 1) out.push({ kind: 'gap', text: (hunk[3] ?? '').trim() });
    } else if (line.startsWith('+')) out.push({ kind: 'added', text: line.slice(1), after: after++ });
    else if (line.startsWith('-')) out.push({ kind: 'removed', text: line.slice(1), before: before++ });
    else if (line.startsWith('\\')) out.push({ kind: 'gap', text: line.slice(2) });
    else if (line !== '' || out.length > 0) out.push({ kind: 'same', text: line.slice(1), before: before++, after: after++ });
  }
  return out;
}

/** How many lines come and go. */
export function countChanges(lines: readonly DiffLine[]): { added: number; removed: number } {
  return {
    added: lines.filter(({ kind }) => kind === 'added').length,
    removed: lines.filter(({ kind }) => kind === 'removed').length,
  };
}
