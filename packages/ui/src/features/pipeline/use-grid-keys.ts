import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import type { Unit } from '../../pipeline/groups.ts';
import type { Row } from '../../pipeline/rows.ts';

interface Options {
  project: string;
  origin: string;
  rows: readonly Row[];
  columns: readonly (readonly Unit[])[];
  scrollTo: (index: number) => void;
  body: React.RefObject<HTMLDivElement | null>;
}

interface Place {
  row: number;
  column: number;
}

/**
 * The keyboard on the board. Arrows or H J K L go from cell to cell, Enter opens, P promotes, A approves, Y copies the address. One cell is
 * reached by Tab; rows that are not drawn are brought into sight.
 */
export function useGridKeys({ project, rows, columns, scrollTo, body }: Options): {
  focus: Place | undefined;
  handlers: React.HTMLAttributes<HTMLDivElement>;
} {
  const navigate = useNavigate();
  const first = rows.findIndex(({ kind }) => kind === 'freight');
  const [place, setPlace] = useState<Place & { moved: boolean }>();
  const focus = place ?? (first < 0 ? undefined : { row: first, column: 0 });

  useEffect(() => {
    if (place?.moved !== true) return undefined;
    // The row may be drawn only after the scroll.
    const frame = requestAnimationFrame(() =>
      body.current?.querySelector<HTMLElement>(`[data-cell="${place.row}:${place.column}"]`)?.focus({ preventScroll: false }),
    );
    return () => cancelAnimationFrame(frame);
  }, [place, body]);

  const go = (row: number, column: number): void => {
    setPlace({ row, column, moved: true });
    scrollTo(row);
  };
  const step = (from: number, by: 1 | -1): number => {
    for (let row = from + by; row >= 0 && row < rows.length; row += by) if (rows[row]?.kind === 'freight') return row;
    return from;
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (focus === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(event.target instanceof HTMLElement) || event.target.dataset['cell'] === undefined) return;
    const cell = event.target;
    const { row, column } = focus;
    const freight = rows[row]?.kind === 'freight' ? rows[row].key : undefined;
    const unit = columns[column - 1]?.[0];
    const stage = unit?.kind === 'stage' ? (unit.stage.metadata.name ?? '') : undefined;
    const search = window.location.search;
    const act: Record<string, () => void> = {
      ArrowDown: () => go(step(row, 1), column),
      ArrowUp: () => go(step(row, -1), column),
      ArrowRight: () => go(row, Math.min(columns.length, column + 1)),
      ArrowLeft: () => go(row, Math.max(0, column - 1)),
      Home: () => go(row, 0),
      End: () => go(row, columns.length),
      PageDown: () => go(Math.min(step(Math.min(rows.length - 1, row + 10), -1), rows.length - 1), column),
      PageUp: () => go(step(Math.max(-1, row - 10), 1), column),
      Enter: () =>
        void navigate({
          pathname: stage === undefined ? `/project/${project}/freight/${freight}` : `/project/${project}/stage/${stage}`,
          search,
        }),
      p: () => {
        const [only, ...others] = cell.querySelectorAll<HTMLAnchorElement>('a[aria-label^="Promote"]');
        // Of several stages in the column a person has to choose.
        if (others.length > 0) only?.focus();
        else only?.click();
      },
      a: () =>
        stage !== undefined && void navigate(`/project/${project}/freight/${freight}?approve=${encodeURIComponent(stage)}`),
      y: () => void navigator.clipboard?.writeText(new URL(`project/${project}/freight/${freight}`, document.baseURI).href),
    };
    const also: Record<string, string> = { j: 'ArrowDown', k: 'ArrowUp', l: 'ArrowRight', h: 'ArrowLeft' };
    const todo = act[also[event.key] ?? event.key];
    if (todo === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    todo();
  };
  const onFocus = (event: React.FocusEvent): void => {
    const cell = event.target instanceof HTMLElement ? event.target.dataset['cell'] : undefined;
    const [row, column] = cell?.split(':').map(Number) ?? [];
    if (row !== undefined && column !== undefined && (row !== place?.row || column !== place.column))
      setPlace({ row, column, moved: false });
  };
  return { focus, handlers: { onKeyDown, onFocus } };
}
