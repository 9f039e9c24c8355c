import { useMemo, useState } from 'react';
import { ActionButton } from '../../components/action-button.tsx';
import { NarrowByTime } from '../../components/narrow-by.tsx';
import { saveFile } from '../../components/save-file.ts';
import { Time } from '../../components/time.tsx';
import { useNow } from '../../components/use-now.ts';
import { useQuery } from '../../components/use-query.ts';
import { sinceOf } from '../../pipeline/narrowing.ts';
import { useServices } from '../../services.ts';
import { Loaded, Section } from '../settings/section.tsx';
import { useScope } from '../settings/scope.ts';
import { useResource } from '../settings/use-resource.ts';

interface Entry {
  id: string;
  time: string;
  actor: string;
  identity: string;
  via: string;
  operation: string;
  method: string;
  path: string;
  project?: string;
  objects: { kind: string; namespace?: string; name?: string; outcome?: string }[];
  source: { address: string; userAgent?: string };
  result: 'done' | 'refused' | 'failed';
  status: number;
  error?: string;
}
interface Page {
  items: Entry[];
  continue?: string;
}

const FILTERS = ['actor', 'operation', 'kind', 'name'] as const;
const TONES = { done: 'ok', refused: 'wait', failed: 'bad' } as const;

/** Who did what, newest first; of a project, or of everything. */
export function AuditTrail({ scope: kind }: { scope: 'project' | 'system' }): React.ReactNode {
  const scope = useScope(kind);
  const [query, setQuery] = useQuery();
  const filter = new URLSearchParams(
    [...FILTERS, 'result'].flatMap((key) => (query.get(key) ? [[key, query.get(key) ?? '']] : [])),
  );
  const now = useNow();
  // To the minute: the address of a page stays the same while one reads on.
  const since = useMemo(
    () => sinceOf(query.get('range'), Math.floor(now / 60_000) * 60_000),
    // oxlint-disable-next-line react-hooks/exhaustive-deps
    [query.get('range')],
  );
  if (since !== undefined) filter.set('since', new Date(since).toISOString().replace(/\.\d+Z$/, 'Z'));
  const [from, to] = [query.get('from') ?? '', query.get('to') ?? ''];
  if (from !== '') filter.set('since', `${from}T00:00:00Z`);
  if (to !== '') filter.set('until', `${to}T23:59:59Z`);
  const route = `${scope.api}/audit-log?${filter}`;
  const set = (key: string, value: string): void => setQuery({ [key]: value }, { replace: true });
  return (
    <Section
      title="Audit trail"
      about="Everything that was done or tried, who it was, and what came of it. It can only be added to."
    >
      <div className="filters" role="search" aria-label="Filter">
        <NarrowByTime />
        {(['from', 'to'] as const).map((key) => (
          <input
            key={key}
            type="date"
            aria-label={key === 'from' ? 'From the day' : 'Until the day'}
            title={`${key === 'from' ? 'From' : 'Until'} this day (UTC)`}
            value={query.get(key) ?? ''}
            onChange={({ target }) => set(key, target.value)}
          />
        ))}
        {FILTERS.map((key) => (
          <input
            key={key}
            aria-label={`Filter by ${key}`}
            placeholder={{ actor: 'Who', operation: 'Operation', kind: 'Kind', name: 'Name' }[key]}
            defaultValue={query.get(key) ?? ''}
            onBlur={({ target }) => set(key, target.value)}
            onKeyDown={(event) => event.key === 'Enter' && set(key, event.currentTarget.value)}
          />
        ))}
        <select
          aria-label="Filter by result"
          value={query.get('result') ?? ''}
          onChange={({ target }) => set('result', target.value)}
        >
          <option value="">All results</option>
          <option value="done">Done</option>
          <option value="refused">Refused</option>
          <option value="failed">Failed</option>
        </select>
        {kind === 'system' ? <ExportButton query={filter} /> : null}
      </div>
      <Pages key={route} route={route} />
    </Section>
  );
}

/** Page after page, as far as one asks for. */
function Pages({ route }: { route: string }): React.ReactNode {
  const { api } = useServices();
  const resource = useResource<Page>(`${route}&limit=50`);
  const [older, setOlder] = useState<Page[]>([]);
  const last = older.at(-1) ?? resource.value;
  return (
    <Loaded resource={resource} isEmpty={({ items }) => items.length === 0} empty="Nothing that matches.">
      {(first) => (
        <>
          <table className="data audit">
            <thead>
              <tr>
                <th>When</th>
                <th>Who</th>
                <th>What</th>
                <th>Result</th>
              </tr>
            </thead>
            <tbody>
              {[first, ...older]
                .flatMap(({ items }) => items)
                .map(({ id, time, actor, via, operation, objects, source, result, status, error: why }) => (
                  <tr key={id}>
                    <td>
                      <Time at={time} />
                    </td>
                    <td>
                      {actor}
                      <span className="subject">
                        {[source.address, via === 'rest' ? undefined : via].filter((each) => each !== undefined).join(', ')}
                      </span>
                    </td>
                    <td>
                      <strong>{operation}</strong>{' '}
                      <span>
                        {objects.map(({ kind, name }) => [kind, name].filter((each) => each !== undefined).join(' ')).join(', ')}
                      </span>
                    </td>
                    <td>
                      <span className={TONES[result]}>{{ done: 'Done', refused: 'Refused', failed: 'Failed' }[result]}</span>{' '}
                      <span className="muted">{status}</span>
                      {why === undefined ? null : <span className="subject">{why}</span>}
                    </td>
                  </tr>
                ))}
            </tbody>
          </table>
          {last?.continue === undefined ? null : (
            <ActionButton
              run={async () => {
                const next = `${route}&limit=50&continue=${encodeURIComponent(last.continue ?? '')}`;
                const page = await api.call<Page>('GET', next);
                setOlder((before) => [...before, page]);
              }}
            >
              Older
            </ActionButton>
          )}
        </>
      )}
    </Loaded>
  );
}

/** The trail as a file. It is fetched with the token and then given to the browser, which would ask without it. */
function ExportButton({ query }: { query: URLSearchParams }): React.ReactNode {
  const { api } = useServices();
  return (
    <ActionButton run={async () => saveFile('kargo-audit-log.jsonl', await api.blob(`system/audit-log/export?${query}`))}>
      Export
    </ActionButton>
  );
}
