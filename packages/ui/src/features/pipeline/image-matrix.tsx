import { startTransition, useMemo, useOptimistic } from 'react';
import { Link } from 'react-router';
import { useQuery } from '../../components/use-query.ts';
import { matrixOf, repositoriesIn } from '../../pipeline/image-matrix.ts';
import { stageMatches, wordsOf } from '../../pipeline/filter.ts';
import { ranksOf } from '../../pipeline/ranks.ts';
import type { Model } from './use-model.ts';

/** Tags drawn before one asks for the rest. */
const TAGS = 200;

/** Which stage runs which tag of an image, and which it ran before. */
export default function ImageMatrix({ project, model }: { project: string; model: Model }): React.ReactNode {
  const [query, setQuery] = useQuery();
  const words = useMemo(() => wordsOf(query.get('q') ?? ''), [query]);
  const history = query.get('history') === '1';
  // Ticked at once, though what it asks for takes a moment to be drawn.
  const [isTicked, tick] = useOptimistic(history);
  // In the order in which freight comes to them, as on the board.
  const stages = useMemo(() => {
    const all = [...model.data.stages.values()];
    return [...new Set(model.origins.flatMap((origin) => ranksOf(all, origin).flat()))].filter((stage) =>
      stageMatches(stage, words),
    );
  }, [model.data.stages, model.origins, words]);
  const repositories = useMemo(() => repositoriesIn(stages), [stages]);
  const repository = repositories.find((each) => each === query.get('image')) ?? repositories[0];
  const { tags, columns } = useMemo(
    () => (repository === undefined ? { tags: [], columns: [] } : matrixOf(stages, repository, { history })),
    [stages, repository, history],
  );
  const set = (key: string, value: string | undefined): void => setQuery({ [key]: value });
  if (repository === undefined) return <p className="empty">No stage runs an image yet.</p>;
  return (
    <div className="scroll matrix">
      <div className="matrix-bar">
        <label>
          Image{' '}
          <select value={repository} onChange={(event) => set('image', event.target.value)}>
            {repositories.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <label className="inline">
          <input
            type="checkbox"
            checked={isTicked}
            onChange={({ target: { checked } }) =>
              startTransition(() => {
                tick(checked);
                set('history', checked ? '1' : undefined);
              })
            }
          />{' '}
          also what ran before
        </label>
      </div>
      <table aria-label={`Stages by tag of ${repository}`}>
        <thead>
          <tr>
            <th scope="col">Tag</th>
            {columns.map((name) => (
              <th key={name} scope="col">
                <Link to={`/project/${project}/stage/${name}`} title={name}>
                  {name}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tags.slice(0, TAGS).map(({ tag, places }) => (
            <tr key={tag}>
              <th scope="row" className="ver">
                {tag}
              </th>
              {columns.map((name) => {
                const at = places.get(name) ?? [];
                return (
                  <td key={name} className={at.includes(1) ? 'now' : ''}>
                    {at.length === 0 ? (
                      ''
                    ) : at.includes(1) ? (
                      <span title={`${name} runs ${tag} now`}>
                        now{at.length > 1 ? `, ${at.filter((each) => each !== 1).join(', ')}` : ''}
                      </span>
                    ) : (
                      <span title={`${at.join(', ')} promotions ago`}>{at.join(', ')}</span>
                    )}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {tags.length > TAGS ? <p className="muted">and {tags.length - TAGS} older tags</p> : null}
    </div>
  );
}
