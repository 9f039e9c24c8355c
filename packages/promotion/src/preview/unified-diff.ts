/** Unified diffs of texts, bounded in size and effort. */

/** Edits beyond which the changed part is shown as one replacement: finding the shortest way would take too long. */
const MAX_EDITS = 2000;
const CONTEXT = 3;

type Op = { kind: ' ' | '-' | '+'; text: string };

/**
 * What turns `before` into `after` as a unified diff, without file headers; empty if they are equal. Absent counts as an empty file.
 * Texts that do not end with a line break are marked as diff programs do.
 */
export function unifiedDiff(before: string | undefined, after: string | undefined): string {
  if ((before ?? '') === (after ?? '')) return '';
  const ops = operations(linesOf(before ?? ''), linesOf(after ?? ''));
  return hunks(ops)
    .map(({ header, lines }) => `${header}\n${lines.join('')}`)
    .join('');
}

/** A diff with the usual headers. */
export function fileDiff(path: string, before: string | undefined, after: string | undefined): string {
  const body = unifiedDiff(before, after);
  const from = before === undefined ? '/dev/null' : `a/${path}`;
  const to = after === undefined ? '/dev/null' : `b/${path}`;
  return `--- ${from}\n+++ ${to}\n${body}`;
}

function linesOf(text: string): string[] {
  return text === '' ? [] : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

function operations(a: readonly string[], b: readonly string[]): Op[] {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const same = (text: string): Op => ({ kind: ' ', text });
  return [
    ...a.slice(0, start).map(same),
    ...middle(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(same),
  ];
}

/** The shortest edit script by Myers' greedy algorithm; a plain replacement where that would be too long a search. */
function middle(a: readonly string[], b: readonly string[]): Op[] {
  const replaced = (): Op[] => [...a.map((text): Op => ({ kind: '-', text })), ...b.map((text): Op => ({ kind: '+', text }))];
  if (a.length === 0 || b.length === 0) return replaced();
  const limit = Math.min(a.length + b.length, MAX_EDITS);
  const trace: Map<number, number>[] = [];
  let reach = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= limit; edits += 1) {
    trace.push(new Map(reach));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1));
      let x = down ? at(reach, k + 1) : at(reach, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
    // What is kept for walking back grows with the square of the edits.
    reach = new Map(reach);
  }
  return replaced();
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): Op[] {
  const out: Op[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reach = trace[edits]!;
    const k = x - y;
    const down = k === -edits || (k !== edits && at(reach, k - 1) < at(reach, k + 1));
    const previous = down ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : at(reach, previous);
    const fromY = edits === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) {
      out.push({ kind: ' ', text: a[x - 1] ?? '' });
      x -= 1;
      y -= 1;
    }
    if (edits === 0) break;
    out.push(down ? { kind: '+', text: b[fromY] ?? '' } : { kind: '-', text: a[fromX] ?? '' });
    [x, y] = [fromX, fromY];
  }
  return out.reverse();
}

function at(reach: ReadonlyMap<number, number>, k: number): number {
  return reach.get(k) ?? -1;
}

function hunks(ops: readonly Op[]): { header: string; lines: string[] }[] {
  const out: { header: string; lines: string[] }[] = [];
  const changed = ops.flatMap(({ kind }, index) => (kind === ' ' ? [] : [index]));
  let [oldLine, newLine, at] = [1, 1, 0];
  for (let first = 0; first < changed.length;) {
    let last = first;
    while (last + 1 < changed.length && changed[last + 1]! - changed[last]! <= 2 * CONTEXT + 1) last += 1;
    const from = Math.max(0, changed[first]! - CONTEXT);
    const to = Math.min(ops.length, changed[last]! + CONTEXT + 1);
    for (; at < from; at += 1) {
      oldLine += 1;
      newLine += 1;
    }
    const part = ops.slice(from, to);
    const olds = part.filter(({ kind }) => kind !== '+').length;
    const news = part.filter(({ kind }) => kind !== '-').length;
    out.push({
      header: `@@ -${range(oldLine, olds)} +${range(newLine, news)} @@`,
      lines: part.map(({ kind, text }) => `${kind}${text}${text.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`),
    });
    oldLine += olds;
    newLine += news;
    at = to;
    first = last + 1;
  }
  return out;
}

function range(line: number, count: number): string {
  if (count === 0) return `${line - 1},0`;
  return count === 1 ? String(line) : `${line},${count}`;
}
