import { useVirtualizer } from '@tanstack/react-virtual';
import { useRef } from 'react';
import { useNavigate } from 'react-router';

interface Props<T> {
  label: string;
  columns: readonly string[];
  /** Widths of the columns, as CSS has them. */
  template: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  /** The cells of a row. */
  row: (item: T) => React.ReactNode[];
  /** Where a click on a row leads. */
  hrefOf?: ((item: T) => string) | undefined;
  /** Said when there are no rows. */
  empty: string;
}

const HEIGHT = 44;
const HEAD = 34;

/** A table of any length: only the rows in sight are drawn. */
export function VirtualTable<T>({ label, columns, template, items, keyOf, row, hrefOf, empty }: Props<T>): React.ReactNode {
  const scroller = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 12,
    scrollMargin: HEAD,
  });
  return (
    <div className="scroll" ref={scroller} tabIndex={0} role="region" aria-label={`${label}, scrollable`}>
      <div
        className="table runs"
        role="table"
        aria-label={label}
        aria-rowcount={items.length + 1}
        style={{ '--template': template } as React.CSSProperties}
      >
        <div className="tr head" role="row">
          {columns.map((column) => (
            <span key={column} role="columnheader">
              {column}
            </span>
          ))}
        </div>
        {items.length === 0 ? <p className="empty">{empty}</p> : null}
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
          {virtual.getVirtualItems().map((item) => {
            const each = items[item.index];
            if (each === undefined) return null;
            return (
              <div
                key={keyOf(each)}
                className="tr"
                role="row"
                aria-rowindex={item.index + 2}
                style={{ transform: `translateY(${item.start - HEAD}px)` }}
                onClick={() => hrefOf !== undefined && void navigate(hrefOf(each))}
              >
                {row(each).map((cell, index) => (
                  <span key={index} role="cell">
                    {cell}
                  </span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
