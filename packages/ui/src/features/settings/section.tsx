import { Link } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { useResource, type Resource } from './use-resource.ts';

interface Props {
  title: string;
  about: React.ReactNode;
  /** What makes a new one, and where. */
  add?: { label: string; to: string } | undefined;
  children: React.ReactNode;
}

/** One part of the settings: what it is for, and what there is. */
export function Section({ title, about, add, children }: Props): React.ReactNode {
  return (
    <section className="settings-section" aria-label={title}>
      <div className="page-head">
        <div>
          <h1>{title}</h1>
          <p className="muted">{about}</p>
        </div>
        <span className="grow" />
        {add === undefined ? null : (
          <Link className="btn" to={add.to}>
            <Icon name="plus" /> {add.label}
          </Link>
        )}
      </div>
      {children}
    </section>
  );
}

/** What came of asking for something: what is in it, that it is empty, that it is being asked for, or why there is none. */
export function Loaded<T>({
  resource,
  empty,
  isEmpty = () => false,
  children,
}: {
  resource: Resource<T>;
  /** Said when there is nothing in it. */
  empty?: React.ReactNode;
  isEmpty?: (value: T) => boolean;
  children: (value: T) => React.ReactNode;
}): React.ReactNode {
  const { value, error, reload } = resource;
  return (
    <>
      {error === undefined ? null : (
        <div className="notice-bar bad" role="alert">
          <span>{error.message}</span>
          <span className="grow" />
          <button type="button" className="btn small" onClick={reload}>
            Try again
          </button>
        </div>
      )}
      {value === undefined ? (
        error === undefined ? (
          <p className="muted" aria-busy="true">
            Loading
          </p>
        ) : null
      ) : isEmpty(value) ? (
        <p className="empty">{empty}</p>
      ) : (
        children(value)
      )}
    </>
  );
}

/** One object, once it was read. What is drawn begins anew with another object. */
export function Stored<T>({ route, children }: { route: string; children: (stored: T) => React.ReactNode }): React.ReactNode {
  const resource = useResource<T>(route);
  return (
    <Loaded key={route} resource={resource}>
      {children}
    </Loaded>
  );
}
