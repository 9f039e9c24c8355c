import type { Freight } from '@kargo/api';
import { Fragment, memo, useDeferredValue, useMemo } from 'react';
import { Link, useMatch, useNavigate } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { labelOf, subjectOf, versionOf, type Cell } from '../../pipeline/cells.ts';
import { ageOf } from '../../pipeline/freight-index.ts';
import { groupCellOf, type Unit } from '../../pipeline/groups.ts';
import { DRAG_TYPE } from './dragging.ts';
import { factsOf } from './facts.ts';
import type { Model } from './use-model.ts';

/** The piece of a column's line in a cell: none, through it, or ending in it; `-hot` while something is moving there. */
export type Line = '' | 'up' | 'cur' | 'up-hot' | 'cur-hot';

interface Props {
  project: string;
  origin: string;
  freight: Freight;
  columns: readonly (readonly Unit[])[];
  model: Model;
  next: ReadonlyMap<string | undefined, Freight>;
  /** The lines of all columns, joined: compared as one. */
  lines: string;
  index: number;
  top: number;
  /** The column of this row that has the focus of the grid. */
  focus: number | undefined;
  onDrag: (name: string | undefined) => void;
}

/** One piece of freight: what it is, and what it is to each stage. */
export const FreightRow = memo(function FreightRow(props: Props): React.ReactNode {
  const { project, freight, columns, lines, index, top, focus, onDrag } = props;
  const name = freight.metadata.name ?? '';
  const navigate = useNavigate();
  const open = useMatch(`/project/${project}/freight/:freight/*`)?.params.freight === name;
  const search = window.location.search;
  const label = labelOf(freight);
  const each = lines.split(' ');
  return (
    <div className={open ? 'fr open' : 'fr'} style={{ transform: `translateY(${top}px)` }} role="row" aria-rowindex={index + 1}>
      <div
        className="id"
        role="gridcell"
        tabIndex={focus === 0 ? 0 : -1}
        data-cell={`${index}:0`}
        onClick={() => void navigate({ pathname: `/project/${project}/freight/${name}`, search })}
      >
        <span
          className="drag-grip"
          draggable
          title="Drag onto a stage to promote"
          onDragStart={(event) => {
            event.dataTransfer.setData(DRAG_TYPE, name);
            event.dataTransfer.effectAllowed = 'move';
            onDrag(name);
          }}
          onDragEnd={() => onDrag(undefined)}
          onClick={(event) => event.stopPropagation()}
        >
          <Icon name="grip" />
        </span>
        <Time at={ageOf(freight)} clock />
        <span className="words">
          <span className="a">
            <Link
              to={{ pathname: `/project/${project}/freight/${name}`, search }}
              className="alias"
              tabIndex={-1}
              title={label}
              onClick={(event) => event.stopPropagation()}
            >
              {label}
            </Link>{' '}
            <span className="ver">{versionOf(freight)}</span>
          </span>
          <span className="s" title={subjectOf(freight)}>
            {subjectOf(freight)}
          </span>
        </span>
      </div>
      {columns.map((units, column) => (
        <ColumnCell
          key={column}
          {...props}
          units={units}
          line={(each[column] ?? '') as Line}
          column={column + 1}
          focused={focus === column + 1}
        />
      ))}
    </div>
  );
});

interface CellProps extends Props {
  units: readonly Unit[];
  line: Line;
  column: number;
  focused: boolean;
}

function ColumnCell(props: CellProps): React.ReactNode {
  const { units, freight, project, line, column, focused, index } = props;
  const label = labelOf(freight);
  // What hundreds of stages have to say may take a moment longer than the row itself: hands go first.
  const filled = useDeferredValue(true, false);
  const cells = useMemo(
    () =>
      (filled ? units : []).map((unit) =>
        unit.kind === 'stage'
          ? { unit, cell: factsOf(props, unit.stage) }
          : { unit, group: groupCellOf(unit.stages.map((stage) => ({ stage, cell: factsOf(props, stage, true) }))) },
      ),
    [filled, units, freight, props.model, props.next, props.origin],
  );
  const single = units.length === 1;
  const merged = single ? undefined : sameWord(cells.map(({ cell }) => cell));
  // Where several stages are and nothing stands out, what they have to say in short.
  const own = cells.flatMap(({ unit, cell }) =>
    unit.kind === 'stage' && cell !== undefined ? [{ stage: unit.stage, cell }] : [],
  );
  const isQuiet = own.every(({ cell }) => !cell.here && !(cell.promote && cell.shape === 'person'));
  const rest = single || merged !== undefined || own.length === 0 || !isQuiet ? undefined : groupCellOf(own).rest;
  const state = line === '' ? '' : line.startsWith('cur') ? 'cur' : 'up';
  return (
    <div
      className={['cell', state, line.endsWith('hot') ? 'hot' : ''].join(' ')}
      role="gridcell"
      tabIndex={focused ? 0 : -1}
      data-cell={`${index}:${column}`}
    >
      {merged !== undefined ? (
        <Node cell={{ ...merged, detail: `all ${units.length}` }} before={`${label}: `} />
      ) : (
        cells.map(({ unit, cell, group }) => {
          if (unit.kind === 'group')
            return group === undefined ? null : (
              <GroupNodes key={unit.key} group={group} before={`${label} in ${unit.stages.length} stages ${unit.label}: `} />
            );
          const stage = unit.stage.metadata.name ?? '';
          if (cell === undefined) return null;
          const loud = cell.promote && cell.shape === 'person';
          const to = `/project/${project}/promote/freight/${freight.metadata.name ?? ''}/stage/${stage}`;
          const before = `${label} in ${stage}: `;
          if (single)
            return (
              <Node key={stage} cell={cell} before={before}>
                {cell.promote ? (
                  <Link
                    className={loud ? 'btn small primary' : 'btn small lurking'}
                    tabIndex={-1}
                    to={to}
                    aria-label={`Promote ${label} to ${stage}`}
                  >
                    Promote
                  </Link>
                ) : null}
              </Node>
            );
          const said = `${before}${cell.word} ${cell.detail ?? ''}`;
          if (loud)
            return (
              <Fragment key={stage}>
                <span className="unseen">{said}</span>
                <Link
                  className="node ready wait"
                  tabIndex={-1}
                  to={to}
                  aria-label={`Promote ${label} to ${stage}`}
                  title={`Promote to ${stage}`}
                >
                  <StatusShape look={cell} />
                  <span className="word">{stage}</span>
                </Link>
              </Fragment>
            );
          if (cell.here) return <Node key={stage} cell={{ ...cell, word: stage, detail: undefined }} before="" instead={said} />;
          return (
            <span key={stage} className="unseen">
              {said}
            </span>
          );
        })
      )}
      {rest === undefined ? null : (
        <span className={`node past ${rest.tone}`} aria-hidden="true">
          <StatusShape look={rest} />
          <span className="word">{rest.word}</span>
        </span>
      )}
    </div>
  );
}

/** What all cells say, if they say the same and nothing is there. */
function sameWord(cells: readonly (Cell | undefined)[]): Cell | undefined {
  const [first] = cells;
  if (first === undefined || first.here || first.promote) return undefined;
  return cells.every((cell) => cell?.word === first.word && !cell.here) ? { ...first, detail: undefined } : undefined;
}

interface NodeProps {
  cell: Pick<Cell, 'shape' | 'tone' | 'word' | 'detail' | 'here'>;
  /** Said before the word to those who do not see in which row and column it stands. */
  before: string;
  /** Said in place of what is seen, where that is shortened. */
  instead?: string | undefined;
  children?: React.ReactNode;
}

function Node({ cell, before, instead, children }: NodeProps): React.ReactNode {
  const kind = cell.here ? 'here' : cell.shape === 'person' && cell.tone === 'wait' ? 'ready' : 'past';
  return (
    <span className={['node', kind, cell.tone].join(' ')}>
      <StatusShape look={cell} />
      <span className="word">
        <span className="unseen">
          {before}
          {instead}
        </span>
        <span aria-hidden={instead === undefined ? undefined : true}>{cell.word}</span>
      </span>
      {cell.detail === undefined || cell.detail === '' ? null : (
        <span className="k" aria-hidden={instead === undefined ? undefined : true}>
          {cell.detail}
        </span>
      )}
      {children}
    </span>
  );
}

function GroupNodes({ group, before }: { group: ReturnType<typeof groupCellOf>; before: string }): React.ReactNode {
  return (
    <>
      <span className="unseen">{before}</span>
      {group.here.map(({ look, count, names }) => (
        <span key={look.word} className={`node here ${look.tone}`} title={names.slice(0, 20).join(', ')}>
          <StatusShape look={look} />
          <span className="word">
            <span className="unseen">{look.word} in </span>
            {count === 1 ? names[0] : count}
          </span>
        </span>
      ))}
      {group.rest === undefined ? null : (
        <span className={`node past ${group.rest.tone}`}>
          <StatusShape look={group.rest} />
          <span className="word">{group.rest.word}</span>
        </span>
      )}
    </>
  );
}
