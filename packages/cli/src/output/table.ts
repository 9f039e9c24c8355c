/** A column of a table. */
export interface Column<T> {
  readonly header: string;
  cell(row: T): string;
}

/**
 * Rows under headers, columns padded as kubectl pads them. No rows print nothing at all.
 * A cell of several lines is cut at the first one.
 */
export function renderTable<T>(rows: readonly T[], columns: readonly Column<T>[], options: { headers: boolean }): string {
  if (rows.length === 0) return '';
  const cells = rows.map((row) => columns.map(({ cell }) => firstLine(cell(row))));
  const lines = options.headers ? [columns.map(({ header }) => header), ...cells] : cells;
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => widthOf(line[i] ?? ''))));
  return lines
    .map((line) => {
      const padded = line.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell)));
      return `${padded.join('   ').trimEnd()}\n`;
    })
    .join('');
}

function firstLine(text: string): string {
  const end = text.search(/[\r\n]/);
  return end === -1 ? text : `${text.slice(0, end)}...`;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
