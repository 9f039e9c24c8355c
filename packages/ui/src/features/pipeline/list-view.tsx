import { isControlFlowStage, type Stage } from '@kargo/api';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef } from 'react';
import { Link, useNavigate } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { Icon } from '../../components/icon.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { useQuery } from '../../components/use-query.ts';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import { stageMatches, wordsOf } from '../../pipeline/filter.ts';
import { worstFirst } from '../../pipeline/groups.ts';
import { lookOfPromotion, lookOfStage, type Look } from '../../pipeline/state.ts';
import { ModeChip, Swatch } from './stage-card.tsx';
import { StageMenu } from './stage-menu.tsx';
import type { Model } from './use-model.ts';

const HEIGHT = 48;
/** Made once: `localeCompare` with options makes one for every two texts. */
const collator = new Intl.Collator(undefined, { numeric: true });

const COLUMNS = [
  { key: 'name', label: 'Stage' },
  { key: 'phase', label: 'Phase' },
  { key: 'health', label: 'Health' },
  { key: 'freight', label: 'Version' },
  { key: 'last', label: 'Last promotion' },
] as const;
type Key = (typeof COLUMNS)[number]['key'];

/** All stages as a table, sorted as one wants, those that match the filter. */
export default function ListView({ project, model }: { project: string; model: Model }): React.ReactNode {
  const [query, setQuery] = useQuery();
  const scroller = useRef<HTMLDivElement>(null);
  const words = useMemo(() => wordsOf(query.get('q') ?? ''), [query]);
  const sort = COLUMNS.find(({ key }) => key === query.get('sort'))?.key;
  const down = query.get('down') === '1';
  const phase = query.get('phase') ?? '';
  const phases = useMemo(
    () => [...new Set([...model.data.stages.values()].map((stage) => lookOfStage(stage).word))].toSorted(),
    [model.data.stages],
  );
  const stages = useMemo(() => {
    const matching = [...model.data.stages.values()].filter(
      (stage) => stageMatches(stage, words) && (phase === '' || lookOfStage(stage).word === phase),
    );
    const sorted =
      sort === undefined ? worstFirst(byName(matching)).map(({ stage }) => stage) : sortBy(byName(matching), sort, model);
    return down ? sorted.toReversed() : sorted;
  }, [model, words, sort, down, phase]);
  const virtual = useVirtualizer({
    count: stages.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHT,
    overscan: 5,
    scrollMargin: 36,
  });
  const sortOn = (key: Key): void => setQuery({ sort: key, down: sort === key && !down ? '1' : undefined });
  return (
    <div className="scroll list-view" ref={scroller}>
      <div className="table" role="table" aria-label="Stages" aria-rowcount={stages.length + 1}>
        <div className="tr head" role="row">
          {COLUMNS.map(({ key, label }) => (
            <span key={key} role="columnheader" aria-sort={sort === key ? (down ? 'descending' : 'ascending') : 'none'}>
              <button type="button" onClick={() => sortOn(key)}>
                {label}
                {sort === key ? <Icon name="chevron" className={down ? undefined : 'up'} /> : null}
              </button>
              {key === 'phase' ? (
                <select aria-label="Only this phase" value={phase} onChange={(event) => setQuery({ phase: event.target.value })}>
                  <option value="">all</option>
                  {phases.map((each) => (
                    <option key={each}>{each}</option>
                  ))}
                </select>
              ) : null}
            </span>
          ))}
          <span role="columnheader" aria-label="Actions" />
        </div>
        {stages.length === 0 ? <p className="empty">No stage matches.</p> : null}
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
          {virtual.getVirtualItems().map((item) => {
            const stage = stages[item.index];
            return stage === undefined ? null : (
              <StageRow
                key={stage.metadata.name}
                project={project}
                stage={stage}
                model={model}
                top={item.start - 36}
                index={item.index}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

function StageRow({
  project,
  stage,
  model,
  top,
  index,
}: {
  project: string;
  stage: Stage;
  model: Model;
  top: number;
  index: number;
}): React.ReactNode {
  const navigate = useNavigate();
  const name = stage.metadata.name ?? '';
  const look = lookOfStage(stage);
  const items = Object.values(stage.status?.freightHistory?.[0]?.items ?? {});
  const [last] = model.promotions.ofStage(name);
  const lastLook: Look | undefined = last === undefined ? undefined : lookOfPromotion(last);
  const origin = stage.spec.requestedFreight[0]?.origin.name ?? '';
  const to = { pathname: `/project/${project}/stage/${name}`, search: window.location.search };
  return (
    <div
      className="tr"
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => void navigate(to)}
    >
      <span role="cell" className="name">
        <Swatch stage={stage} />
        <Link to={to} title={name} onClick={(event) => event.stopPropagation()}>
          {name}
        </Link>
        {isControlFlowStage(stage) ? <span className="muted">(Control Flow)</span> : <ModeChip stage={stage} />}
      </span>
      <span role="cell" className={`with-shape ${look.tone}`}>
        <StatusShape look={look} /> {look.word}
      </span>
      <span role="cell" className="muted">
        {stage.status?.health?.status ?? ''}
      </span>
      <span role="cell" className="versions">
        {items.map((item) => {
          const freight = model.data.freight.get(item.name ?? '');
          return (
            <span key={item.name}>
              {freight === undefined ? item.name?.slice(0, 7) : labelOf(freight)} <span className="ver">{versionOf(item)}</span>
            </span>
          );
        })}
      </span>
      <span role="cell">
        {last === undefined || lastLook === undefined ? null : (
          <Link
            className={`with-shape ${lastLook.tone}`}
            to={`/project/${project}/promotion/${last.metadata.name ?? ''}`}
            onClick={(event) => event.stopPropagation()}
          >
            <StatusShape look={lastLook} /> {lastLook.word}{' '}
            <Ago at={last.status?.finishedAt ?? last.metadata.creationTimestamp} />
          </Link>
        )}
      </span>
      <span role="cell" className="last">
        <StageMenu project={project} stage={stage} origin={origin} model={model} />
      </span>
    </div>
  );
}

function byName(stages: readonly Stage[]): Stage[] {
  return stages.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

function sortBy(stages: readonly Stage[], key: Key, model: Model): Stage[] {
  const texts = new Map(stages.map((stage) => [stage, textOf(stage, key, model)]));
  return stages.toSorted((a, b) => collator.compare(texts.get(a) ?? '', texts.get(b) ?? ''));
}

function textOf(stage: Stage, key: Key, model: Model): string {
  switch (key) {
    case 'name':
      return stage.metadata.name ?? '';
    case 'phase':
      return lookOfStage(stage).word;
    case 'health':
      return stage.status?.health?.status ?? '';
    case 'freight':
      return Object.values(stage.status?.freightHistory?.[0]?.items ?? {})
        .map(versionOf)
        .join(' ');
    case 'last':
      return model.promotions.ofStage(stage.metadata.name ?? '')[0]?.metadata.creationTimestamp ?? '';
  }
}
