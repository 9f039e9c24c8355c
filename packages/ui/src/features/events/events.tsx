import { useMemo, useState } from 'react';
import { Link, useParams } from 'react-router';
import { NarrowBy, NarrowByTime } from '../../components/narrow-by.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { useNow } from '../../components/use-now.ts';
import { useQuery } from '../../components/use-query.ts';
import { groupOf, sinceOf, stageGroups } from '../../pipeline/narrowing.ts';
import { useProject } from '../../services.ts';
import { Screen } from '../shell/screen.tsx';
import { useEvents, type KargoEvent } from './use-events.ts';

const FACT = 'event.kargo.akuity.io/';
const PAGE = 50;

function toneOf(reason: string): { shape: 'check' | 'failed' | 'person' | 'pending'; tone: 'ok' | 'bad' | 'idle' } {
  if (reason.endsWith('Succeeded')) return { shape: 'check', tone: 'ok' };
  if (/(Failed|Errored|Inconclusive|Unknown)$/.test(reason)) return { shape: 'failed', tone: 'bad' };
  return { shape: 'pending', tone: 'idle' };
}

/** Words of a reason: `PromotionSucceeded` is Promotion succeeded. */
function wordsOf(reason: string): string {
  return reason.replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
}

/** Who it was, without the kind of name. */
function actorOf({ metadata }: KargoEvent): string {
  const actor = metadata.annotations?.[`${FACT}actor`] ?? '';
  return actor.startsWith('controller:') ? 'Kargo' : actor.replace(/^(email|subject):/, '');
}

/** What happened in a project, live: when, to what, who, and why. */
export function Events(): React.ReactNode {
  const { project = '' } = useParams();
  const data = useProject(project);
  const { events, connection } = useEvents(project);
  const [query, setQuery] = useQuery();
  const [pages, setPages] = useState(1);
  const [text, stage, reason] = [query.get('q') ?? '', query.get('stage') ?? '', query.get('reason') ?? ''];
  const set = (key: string, value: string): void => {
    setPages(1);
    setQuery({ [key]: value }, { replace: true });
  };
  const stages = useMemo(
    () => [...new Set((events ?? []).flatMap(({ metadata }) => metadata.annotations?.[`${FACT}stage-name`] ?? []))].toSorted(),
    [events],
  );
  const reasons = useMemo(() => [...new Set((events ?? []).flatMap((event) => event.reason ?? []))].toSorted(), [events]);
  const [range, source, group] = [query.get('range'), query.get('source') ?? '', query.get('group')];
  const sources = useMemo(
    () =>
      [
        ...new Set((events ?? []).flatMap(({ metadata }) => metadata.annotations?.[`${FACT}freight-warehouse-name`] ?? [])),
      ].toSorted(),
    [events],
  );
  const groups = useMemo(() => stageGroups(data.stages.values()), [data.stages]);
  const now = useNow();
  const minute = Math.floor(now / 60_000) * 60_000;
  const found = useMemo(() => {
    const since = sinceOf(range, minute);
    const members = groupOf(group);
    const words = text.toLowerCase().split(/\s+/);
    return (events ?? []).filter((event) => {
      const facts = event.metadata.annotations ?? {};
      if (since !== undefined && Date.parse(event.lastTimestamp ?? '') < since) return false;
      if (source !== '' && facts[`${FACT}freight-warehouse-name`] !== source) return false;
      if (members !== undefined) {
        const about = data.stages.get(facts[`${FACT}stage-name`] ?? '');
        if (about === undefined || !members.has(about)) return false;
      }
      if (stage !== '' && facts[`${FACT}stage-name`] !== stage) return false;
      if (reason !== '' && event.reason !== reason) return false;
      const all = [
        event.message,
        event.involvedObject?.name,
        facts[`${FACT}freight-alias`],
        facts[`${FACT}stage-name`],
        actorOf(event),
      ]
        .join(' ')
        .toLowerCase();
      return words.every((word) => all.includes(word));
    });
  }, [events, text, stage, reason, range, source, group, minute, data.stages]);
  return (
    <Screen project={project} title="Events" data={{ ...data, connection }}>
      <main className="page">
        <div className="page-head">
          <div>
            <h1>Events</h1>
            <p className="muted">What happened to freight and promotions, newest first.</p>
          </div>
        </div>
        <div className="filters" role="search" aria-label="Filter">
          <input
            type="search"
            aria-label="Filter events"
            placeholder="Filter"
            data-shortcut="/"
            defaultValue={text}
            onChange={({ target }) => set('q', target.value)}
          />
          <NarrowByTime />
          <NarrowBy
            name="source"
            label="Warehouse"
            all="All warehouses"
            options={sources.map((name) => ({ value: name, label: name }))}
          />
          <NarrowBy name="group" label="Group of stages" all="All groups" options={groups} />
          <select aria-label="Stage" value={stage} onChange={({ target }) => set('stage', target.value)}>
            <option value="">All stages</option>
            {stages.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <select aria-label="What happened" value={reason} onChange={({ target }) => set('reason', target.value)}>
            <option value="">Everything</option>
            {reasons.map((each) => (
              <option key={each} value={each}>
                {wordsOf(each)}
              </option>
            ))}
          </select>
        </div>
        {(connection.kind === 'lost' || connection.kind === 'refused') && events === undefined ? (
          <p className="notice-bar bad" role="alert">
            {connection.why}
          </p>
        ) : null}
        {events === undefined ? null : found.length === 0 ? (
          <p className="empty">{events.length === 0 ? 'Nothing has happened yet.' : 'No event matches.'}</p>
        ) : (
          <table className="data events">
            <thead>
              <tr>
                <th>When</th>
                <th>What</th>
                <th>About</th>
                <th>Who</th>
                <th>Message</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, pages * PAGE).map((event) => (
                <Row key={event.metadata.name} project={project} event={event} />
              ))}
            </tbody>
          </table>
        )}
        {found.length > pages * PAGE ? (
          <button type="button" className="btn" onClick={() => setPages(pages + 1)}>
            {found.length - pages * PAGE} older
          </button>
        ) : null}
      </main>
    </Screen>
  );
}

/** An empty fact is none. */
function named(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** Names of freight as short as everywhere else. */
function shortened(message = ''): string {
  return message.replaceAll(/\b([0-9a-f]{7})[0-9a-f]{33}\b/g, '$1');
}

function Row({ project, event }: { project: string; event: KargoEvent }): React.ReactNode {
  const facts = event.metadata.annotations ?? {};
  const [promotion, freight, stage] = ['promotion-name', 'freight-name', 'stage-name'].map((name) =>
    named(facts[`${FACT}${name}`]),
  );
  const alias = facts[`${FACT}freight-alias`] ?? freight?.slice(0, 7);
  const reason = event.reason ?? '';
  return (
    <tr>
      <td>
        <Time at={event.lastTimestamp} />
      </td>
      <td>
        <span className="event-what">
          <StatusShape look={toneOf(reason)} />{' '}
          {promotion === undefined || event.involvedObject?.kind !== 'Promotion' ? (
            wordsOf(reason)
          ) : (
            <Link to={`/project/${project}/promotion/${promotion}`}>{wordsOf(reason)}</Link>
          )}
          {(event.count ?? 1) > 1 ? <span className="chip">{event.count} times</span> : null}
        </span>
      </td>
      <td>
        {freight === undefined ? null : <Link to={`/project/${project}/freight/${freight}`}>{alias}</Link>}
        {stage === undefined ? null : (
          <>
            {' '}
            <span className="muted">in</span> <Link to={`/project/${project}/stage/${stage}`}>{stage}</Link>
          </>
        )}
      </td>
      <td>{actorOf(event)}</td>
      <td className="event-message">{shortened(event.message)}</td>
    </tr>
  );
}
