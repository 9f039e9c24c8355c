import { Link } from 'react-router';
import { Time } from '../../components/time.tsx';

/** What a list says of each thing in one place. */
export interface Column<T> {
  title: string;
  cell: (item: T) => React.ReactNode;
  mono?: boolean | undefined;
}

interface Props<T> {
  items: readonly T[];
  keyOf: (item: T) => string;
  columns: readonly Column<T>[];
  /** What can be done with each. */
  actions?: ((item: T) => React.ReactNode) | undefined;
}

/** Things of one sort, one a row. */
export function ObjectTable<T>({ items, keyOf, columns, actions }: Props<T>): React.ReactNode {
  return (
    <table className="data">
      <thead>
        <tr>
          {columns.map(({ title }) => (
            <th key={title}>{title}</th>
          ))}
          {actions === undefined ? null : <th aria-label="What can be done" />}
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={keyOf(item)}>
            {columns.map(({ title, cell, mono }) => (
              <td key={title} className={mono === true ? 'mono' : undefined}>
                {cell(item)}
              </td>
            ))}
            {actions === undefined ? null : <td className="right">{actions(item)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** An object as far as every list shows it. */
export interface Named {
  metadata: { name?: string; creationTimestamp?: string };
}

export function nameOf({ metadata }: Named): string {
  return metadata.name ?? '';
}

/** The name of something, leading to its page. */
export function NameLink({ to, name }: { to: string; name: string }): React.ReactNode {
  return (
    <Link to={to}>
      <strong>{name}</strong>
    </Link>
  );
}

export const SINCE: Column<Named> = { title: 'Since', cell: ({ metadata }) => <Time at={metadata.creationTimestamp} /> };
