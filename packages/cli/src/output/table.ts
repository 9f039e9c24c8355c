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
  return tableWriter(columns, options)(rows);
}

/** Renders one table in parts: the headers come with the first rows, and columns never get narrower than they were. */
export function tableWriter<T>(columns: readonly Column<T>[], { headers }: { headers: boolean }): (rows: readonly T[]) => string {
  let pending = headers ? [columns.map(({ header }) => header)] : [];
  const widths = columns.map(() => 0);
  return (rows) => {
    if (rows.length === 0) return '';
    const lines = [...pending, ...rows.map((row) => columns.map(({ cell }) => firstLine(cell(row))))];
    pending = [];
    for (const line of lines) line.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, widthOf(cell))));
    return lines
      .map((line) => {
        const padded = line.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell)));
        return `${padded.join('   ').trimEnd()}\n`;
      })
      .join('');
  };
}

function firstLine(text: string): string {
  const end = text.search(/[\r\n]/);
  return end === -1 ? text : `${text.slice(0, end)}...`;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}
