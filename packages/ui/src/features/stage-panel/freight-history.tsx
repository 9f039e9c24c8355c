import type { Stage } from '@kargo/api';
import { Link } from 'react-router';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import type { Model } from '../pipeline/use-model.ts';

/** What was deployed in a stage, by warehouse, newest first; each can be promoted again. */
export function FreightHistory({ project, stage, model }: { project: string; stage: Stage; model: Model }): React.ReactNode {
  const name = stage.metadata.name ?? '';
  const history = stage.status?.freightHistory ?? [];
  if (history.length === 0) return <p className="muted">Nothing was deployed here yet.</p>;
  const keys = [...new Set(history.flatMap(({ items }) => Object.keys(items ?? {})))].toSorted();
  return keys.map((key) => {
    const names = history.flatMap(({ items }) => items?.[key] ?? []);
    // A change of another warehouse's freight repeats what stayed.
    const runs = names.filter((item, index) => item.name !== names[index - 1]?.name);
    return (
      <section key={key}>
        {keys.length > 1 ? <h3>{key.replace(/^Warehouse\//, '')}</h3> : null}
        <ul className="list" aria-label={`History of ${key}`}>
          {runs.map((item, index) => {
            const freight = model.data.freight.get(item.name ?? '');
            return (
              <li key={`${index} ${item.name}`}>
                <span className="grow-text">
                  <Link to={{ pathname: `/project/${project}/freight/${item.name ?? ''}`, search: window.location.search }}>
                    {freight === undefined ? item.name?.slice(0, 7) : labelOf(freight)}
                  </Link>{' '}
                  <span className="ver">{versionOf(item)}</span>
                </span>
                {index === 0 ? (
                  <span className="chip">Active</span>
                ) : freight === undefined ? (
                  <span className="muted small-text">deleted</span>
                ) : (
                  <Link className="btn small" to={`/project/${project}/promote/freight/${item.name ?? ''}/stage/${name}`}>
                    Promote again
                  </Link>
                )}
              </li>
            );
          })}
        </ul>
      </section>
    );
  });
}
