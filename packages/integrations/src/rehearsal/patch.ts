import type { RehearsedFile } from './port.ts';

/** Characters of one file's contents that are kept. */
const MAX_CONTENT = 512 * 1024;

/** Reads `git diff-tree -r -z --raw --no-renames`: path and kind of change. */
export function parseRaw(output: string): Pick<RehearsedFile, 'path' | 'change'>[] {
  const fields = output.split('\0');
  const out: Pick<RehearsedFile, 'path' | 'change'>[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const status = fields[index]?.split(' ').at(-1) ?? '';
    out.push({
      path: fields[index + 1] ?? '',
      change: status.startsWith('A') ? 'added' : status.startsWith('D') ? 'deleted' : 'modified',
    });
  }
  return out;
}

/**
 * Adds contents to the changes, from a patch of the same changes in the same order whose context is the whole file. Where the two do not
 * fit together, and for files that are not text or too large, there are none.
 */
export function withContents(changes: readonly Pick<RehearsedFile, 'path' | 'change'>[], patch: string): RehearsedFile[] {
  const sections = patch === '' ? [] : patch.split(/^diff --git .*\n/m).slice(1);
  if (sections.length !== changes.length) return changes.map((change) => ({ ...change, binary: true }));
  return changes.map((change, index) => {
    const section = sections[index] ?? '';
    const start = /^@@ .*\n/m.exec(section);
    if (start === null) {
      const isEmpty = !/^(Binary files |GIT binary patch|Submodule )/m.test(section);
      return { ...change, binary: !isEmpty, ...(isEmpty && change.change !== 'modified' ? sides(change.change, '', '') : {}) };
    }
    const body = section.slice(start.index + start[0].length);
    if (body.length > 2 * MAX_CONTENT || /^@@ /m.test(body)) return { ...change, binary: true };
    const { before, after } = readBody(body);
    return { ...change, binary: false, ...sides(change.change, before, after) };
  });
}

function sides(change: RehearsedFile['change'], before: string, after: string): Pick<RehearsedFile, 'before' | 'after'> {
  return { ...(change === 'added' ? {} : { before }), ...(change === 'deleted' ? {} : { after }) };
}

function readBody(body: string): { before: string; after: string } {
  const before: string[] = [];
  const after: string[] = [];
  let last: string[][] = [];
  const lines = body.split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines) {
    const text = `${line.slice(1)}\n`;
    if (line.startsWith('\\')) {
      // The line before has no line break at its end.
      for (const side of last) side.push((side.pop() ?? '').slice(0, -1));
      continue;
    }
    last = line.startsWith('-') ? [before] : line.startsWith('+') ? [after] : [before, after];
    for (const side of last) side.push(text);
  }
  return { before: before.join(''), after: after.join('') };
}
