import type { Freight, Stage } from '@kargo/api';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useDeferredValue, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { useIsPhone } from '../../components/use-is-phone.ts';
import { Segmented } from '../../components/segmented.tsx';
import { useQuery } from '../../components/use-query.ts';
import { currentOf } from '../../pipeline/cells.ts';
import { freightMatches, stageMatches, wordsOf } from '../../pipeline/filter.ts';
import { ageOf } from '../../pipeline/freight-index.ts';
import { lowestRow, type Unit } from '../../pipeline/groups.ts';
import { groupOf, newIn, sinceOf } from '../../pipeline/narrowing.ts';
import { rowsOf } from '../../pipeline/rows.ts';
import { DraggingContext, whyNot, type Dragged } from './dragging.ts';
import { FreightRow, type Line } from './freight-row.tsx';
import { GroupCard } from './group-card.tsx';
import { PhoneRow } from './phone-row.tsx';
import { StageCard } from './stage-card.tsx';
import { useGridKeys } from './use-grid-keys.ts';
import { useColumns, type Model } from './use-model.ts';
import { WarehouseCard } from './warehouse-card.tsx';

interface Props {
  project: string;
  origin: string;
  chooseOrigin: (origin: string) => void;
  model: Model;
  ready: readonly { stage: Stage; freight: Freight }[];
}

/** Warehouses with a card of their own; where there are more only the chosen one has. */
const CARDS = 4;
const ROW = 47;
const DAY = 28;
/** On phones what stands in columns elsewhere stands below. */
const PHONE_ROW = 108;

/** Rows are freight, columns are stages; a line hangs from each stage to the freight it runs. */
export function Board({ project, origin, chooseOrigin, model, ready }: Props): React.ReactNode {
  const { data, now } = model;
  const [query, setQuery] = useQuery();
  const [dragged, setDragged] = useState<string>();
  // What is typed is shown at once; what it finds may take a moment.
  const text = useDeferredValue(query.get('q') ?? '');
  const words = useMemo(() => wordsOf(text), [text]);
  const [range, source, chosenGroup] = [query.get('range'), query.get('source') ?? '', query.get('group')];
  const stages = useMemo(() => {
    const group = groupOf(chosenGroup);
    const all = [...data.stages.values()].filter((stage) => group?.has(stage) !== false);
    const matching = all.filter((stage) => stageMatches(stage, words));
    return matching.length === 0 ? all : matching;
  }, [data.stages, words, chosenGroup]);
  const columns = useColumns(stages, origin);
  const ofOrigin = model.freight.byOrigin.get(origin) ?? [];
  const isNarrowed = words.length > 0 || range !== null || source !== '';
  const all = query.get('older') === '1' || isNarrowed;
  const day = Math.floor(now / 60_000);
  const { rows, found } = useMemo(() => {
    const since = sinceOf(range, day * 60_000);
    const fresh = source === '' ? ofOrigin : newIn(source, ofOrigin);
    const inTime = since === undefined ? fresh : fresh.filter((freight) => Date.parse(ageOf(freight)) >= since);
    const matching = words.length === 0 ? inTime : inTime.filter((freight) => freightMatches(freight, words));
    // Words that name stages only leave the freight as it is.
    const shown = matching.length === 0 ? inTime : matching;
    return { rows: rowsOf(shown, { all, now: day * 60_000 }), found: shown.length };
  }, [ofOrigin, words, all, day, range, source]);

  const isPhone = useIsPhone();
  const part = query.get('part') === 'freight' ? 'freight' : 'stages';
  const scroller = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const margin = useOffset(body, [columns, origin, data.warehouses.size, isPhone, part]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === 'day' ? DAY : isPhone ? PHONE_ROW : ROW),
    overscan: 4,
    scrollMargin: margin,
    getItemKey: (index) => rows[index]?.key ?? index,
  });
  const keys = useGridKeys({
    project,
    origin,
    rows,
    columns,
    scrollTo: (index) => virtual.scrollToIndex(index, { align: 'auto' }),
    body,
  });

  const rowOf = useMemo(() => new Map(rows.map((row, index) => [row.kind === 'freight' ? row.key : '', index])), [rows]);
  const lowest = useMemo(
    () => columns.map((units) => lowestRow(units.flatMap(stagesOf), rowOf, (stage) => currentOf(stage, origin))),
    [columns, rowOf, origin],
  );
  const hot = useMemo(() => columns.map((units) => units.flatMap(stagesOf).some(isBusy)), [columns]);
  const nextFor = useMemo(() => new Map(ready.map(({ stage, freight }) => [stage.metadata.name, freight])), [ready]);
  const drag = useMemo(
    (): Dragged | undefined => (dragged === undefined ? undefined : { name: dragged, reason: whyNot }),
    [dragged],
  );
  const inOrder = useMemo(() => columns.flatMap((units) => units.flatMap(stagesOf)), [columns]);
  const warehouses = model.origins.length <= CARDS ? model.origins : [origin];
  const tall = Math.max(warehouses.length, ...columns.map((units) => units.length)) > 2;
  const template = `var(--id) repeat(${Math.max(1, columns.length)}, minmax(var(--stage), 1fr))`;

  return (
    <DraggingContext value={drag}>
      <div className="scroll" ref={scroller}>
        <div
          className={isPhone ? `board phone ${part}` : 'board'}
          style={{ '--template': template, '--columns': Math.max(1, columns.length) } as React.CSSProperties}
        >
          {isPhone ? (
            <Segmented
              label="What is shown"
              chosen={part}
              choose={(value) => setQuery({ part: value === 'stages' ? undefined : value }, { replace: true })}
              options={[
                { value: 'stages', label: 'Stages', count: stages.length },
                { value: 'freight', label: 'Freight', count: ofOrigin.length },
              ]}
            />
          ) : null}
          <div className={tall ? 'deck tall' : 'deck'}>
            <div className="stack">
              {warehouses.map((name) => {
                const warehouse = data.warehouses.get(name);
                return warehouse === undefined ? null : (
                  <WarehouseCard
                    key={name}
                    project={project}
                    warehouse={warehouse}
                    chosen={warehouses.length < 2 ? undefined : name === origin}
                  />
                );
              })}
            </div>
            {columns.map((units, index) => (
              <div className="stage-column" key={keyOf(units)}>
                <Arrow flow={hot[index] === true} />
                <div className="stack">
                  {units.map((unit) =>
                    unit.kind === 'stage' ? (
                      <StageCard
                        key={unit.stage.metadata.name}
                        project={project}
                        stage={unit.stage}
                        origin={origin}
                        model={model}
                        next={nextFor.get(unit.stage.metadata.name)}
                      />
                    ) : (
                      <GroupCard
                        key={unit.key}
                        project={project}
                        label={unit.label}
                        stages={unit.stages}
                        origin={origin}
                        model={model}
                      />
                    ),
                  )}
                </div>
              </div>
            ))}
          </div>
          <div className="fr tl-head">
            <h2>
              Freight{' '}
              {model.origins.length > 1 && model.origins.length <= CARDS ? (
                <Segmented
                  label="Freight of"
                  chosen={origin}
                  choose={chooseOrigin}
                  options={model.origins.map((name) => ({
                    value: name,
                    label: name,
                    count: model.freight.byOrigin.get(name)?.length ?? 0,
                  }))}
                />
              ) : model.origins.length > CARDS ? (
                <select aria-label="Freight of" value={origin} onChange={(event) => chooseOrigin(event.target.value)}>
                  {model.origins.map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              ) : (
                <span className="muted">{countText(found, ofOrigin.length, isNarrowed)}</span>
              )}
            </h2>
            {columns.map((units, index) => (
              <div key={keyOf(units)} className={`cell ${lineAt(lowest[index] ?? -1, -1, hot[index] === true)}`} />
            ))}
          </div>
          {ofOrigin.length === 0 ? (
            <NoFreight model={model} origin={origin} />
          ) : rows.length === 0 ? (
            <p className="empty">No freight of {origin} fits what is chosen above.</p>
          ) : (
            <div
              ref={body}
              className="rows"
              role="grid"
              aria-label={`Freight of ${origin} by stage`}
              aria-rowcount={rows.length}
              aria-colcount={columns.length + 1}
              style={{ height: virtual.getTotalSize() }}
              {...keys.handlers}
            >
              {virtual.getVirtualItems().map((item) => {
                const row = rows[item.index];
                if (row === undefined) return null;
                const style = { transform: `translateY(${item.start - margin}px)`, height: item.size };
                const lines = columns.map((_, column) => lineAt(lowest[column] ?? -1, item.index, hot[column] === true));
                if (row.kind !== 'freight')
                  return (
                    <div key={item.key} className={`fr ${row.kind}`} style={style} role="row" aria-rowindex={item.index + 1}>
                      <div className="label" role="gridcell" aria-colspan={row.kind === 'day' ? 1 : columns.length + 1}>
                        {row.kind === 'day' ? (
                          row.label
                        ) : (
                          <button type="button" className="more" onClick={() => setQuery({ older: '1' }, { replace: true })}>
                            <Icon name="chevron" /> {row.count.toLocaleString()} older freight, none in use
                          </button>
                        )}
                      </div>
                      {row.kind === 'day'
                        ? columns.map((units, column) => (
                            <div key={keyOf(units)} role="gridcell" className={`cell ${lines[column]}`} />
                          ))
                        : null}
                    </div>
                  );
                const facts = {
                  project,
                  origin,
                  freight: row.freight,
                  model,
                  next: nextFor,
                  index: item.index,
                  top: item.start - margin,
                };
                return isPhone ? (
                  <PhoneRow key={item.key} {...facts} stages={inOrder} />
                ) : (
                  <FreightRow
                    key={item.key}
                    {...facts}
                    columns={columns}
                    lines={lines.join(' ')}
                    focus={keys.focus?.row === item.index ? keys.focus.column : undefined}
                    onDrag={setDragged}
                  />
                );
              })}
            </div>
          )}
        </div>
      </div>
    </DraggingContext>
  );
}

function stagesOf(unit: Unit): readonly Stage[] {
  return unit.kind === 'stage' ? [unit.stage] : unit.stages;
}

function keyOf(units: readonly Unit[]): string {
  const [first] = units;
  return first === undefined ? '' : first.kind === 'stage' ? (first.stage.metadata.name ?? '') : first.key;
}

function isBusy({ status }: Stage): boolean {
  return status?.phase === 'Promoting' || status?.phase === 'Verifying' || status?.currentPromotion !== undefined;
}

function lineAt(lowest: number, row: number, hot: boolean): Line {
  if (row > lowest || lowest < 0) return '';
  const place = row === lowest ? 'cur' : 'up';
  return hot ? `${place}-hot` : place;
}

function countText(found: number, of: number, filtered: boolean): string {
  if (of === 0) return 'none yet';
  return filtered && found !== of
    ? `${found.toLocaleString()} of ${of.toLocaleString()}`
    : `${of.toLocaleString()}, newest first`;
}

function Arrow({ flow }: { flow: boolean }): React.ReactNode {
  return (
    <div className={flow ? 'edge flow' : 'edge'} aria-hidden="true">
      <svg viewBox="0 0 9 10" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" strokeLinejoin="round">
        <path d="m4 1 4 4-4 4" />
      </svg>
    </div>
  );
}

function NoFreight({ model, origin }: { model: Model; origin: string }): React.ReactNode {
  const warehouse = model.data.warehouses.get(origin);
  const message = warehouse?.status?.conditions?.find(({ type }) => type === 'Ready')?.message;
  return (
    <div className="empty">
      <h3>No freight yet</h3>
      <p>
        {warehouse === undefined
          ? `The stages take freight of ${origin}, and there is no such warehouse.`
          : warehouse.spec.freightCreationPolicy === 'Manual'
            ? `${origin} makes no freight by itself: assemble some from what it has found.`
            : `${origin} has found nothing to make freight of${message === undefined ? '' : `: ${message}`}.`}
      </p>
    </div>
  );
}

/** How far below the top of what scrolls the rows begin. */
function useOffset(body: React.RefObject<HTMLDivElement | null>, deps: readonly unknown[]): number {
  const [offset, setOffset] = useState(0);
  useLayoutEffect(() => {
    const element = body.current;
    if (element === null) return undefined;
    const strip = element.parentElement?.firstElementChild;
    const measure = (): void => setOffset(element.offsetTop);
    measure();
    const observer = new ResizeObserver(measure);
    if (strip !== null && strip !== undefined) observer.observe(strip);
    return () => observer.disconnect();
  }, [...deps, body]);
  return offset;
}
