import type { Freight, Promotion, Stage } from '@kargo/api';
import { useMemo } from 'react';
import { Link, useMatch, useNavigate } from 'react-router';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import type { ProjectData } from '../../data/project-store.ts';
import { cellOf, versionOf } from '../../pipeline/cells.ts';
import { StageCard } from './stage-card.tsx';
import { WarehouseCard } from './warehouse-card.tsx';

interface Props {
  project: string;
  origin: string;
  columns: readonly (readonly Stage[])[];
  freight: readonly Freight[];
  data: ProjectData;
  available: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Rows shown before older Freight is folded away. */
const ROWS = 50;

/** Rows are freight, columns are stages; a line hangs from each stage to the freight it runs. */
export function Board({ project, origin, columns, freight, data, available }: Props): React.ReactNode {
  const byStage = useMemo(() => {
    const map = new Map<string, Promotion[]>();
    for (const promotion of data.promotions.values())
      map.set(promotion.spec.stage, [...(map.get(promotion.spec.stage) ?? []), promotion]);
    return map;
  }, [data.promotions]);
  const warehouse = data.warehouses.get(origin);
  const shown = freight.slice(0, ROWS);
  return (
    <div
      className="board"
      style={{ gridTemplateColumns: `minmax(240px, 340px) repeat(${Math.max(1, columns.length)}, minmax(220px, 1fr))` }}
    >
      {warehouse === undefined ? <div /> : <WarehouseCard project={project} warehouse={warehouse} />}
      {columns.map((column) => (
        <div className="column" key={column[0]?.metadata.name}>
          {column.map((stage) => (
            <StageCard
              key={stage.metadata.name}
              project={project}
              stage={stage}
              origin={origin}
              data={data}
              promotions={byStage.get(stage.metadata.name ?? '') ?? []}
            />
          ))}
        </div>
      ))}
      <h2 className="timeline-title">
        Freight <span className="muted">{freight.length === 0 ? 'none yet' : `${freight.length}, newest first`}</span>
      </h2>
      {shown.map((each, row) => (
        <Row
          key={each.metadata.name}
          row={row}
          project={project}
          origin={origin}
          freight={each}
          columns={columns}
          byStage={byStage}
          available={available}
          lowest={lowestRow(columns, shown, origin)}
        />
      ))}
      {freight.length > ROWS ? <p className="muted older">{freight.length - ROWS} older freight</p> : null}
    </div>
  );
}

/** The row that each column's line ends in. */
function lowestRow(columns: Props['columns'], freight: readonly Freight[], origin: string): number[] {
  return columns.map((column) =>
    Math.max(
      -1,
      ...column.map(({ status }) =>
        freight.findIndex(({ metadata }) => metadata.name === status?.freightHistory?.[0]?.items?.[`Warehouse/${origin}`]?.name),
      ),
    ),
  );
}

interface RowProps {
  row: number;
  project: string;
  origin: string;
  freight: Freight;
  columns: Props['columns'];
  byStage: ReadonlyMap<string, readonly Promotion[]>;
  available: Props['available'];
  lowest: readonly number[];
}

function Row({ row, project, origin, freight, columns, byStage, available, lowest }: RowProps): React.ReactNode {
  const name = freight.metadata.name ?? '';
  const navigate = useNavigate();
  const open = useMatch(`/project/${project}/freight/${name}`) !== null;
  return (
    <>
      <div className={open ? 'freight open' : 'freight'} onClick={() => void navigate(`/project/${project}/freight/${name}`)}>
        <Time at={freight.discoveredAt ?? freight.metadata.creationTimestamp} />
        <span>
          <Link to={`/project/${project}/freight/${name}`} className="alias" onClick={(event) => event.stopPropagation()}>
            {freight.alias ?? name.slice(0, 7)}
          </Link>{' '}
          <span className="mono">{versionOf(freight)}</span>
          <span className="subject">
            {freight.commits?.[0]?.message ?? freight.images?.[0]?.repoURL ?? freight.charts?.[0]?.repoURL ?? ''}
          </span>
        </span>
      </div>
      {columns.map((column, index) => (
        <div className={(lowest[index] ?? -1) >= row ? 'cells line' : 'cells'} key={column[0]?.metadata.name}>
          {column.map((stage) => (
            <FreightCell
              key={stage.metadata.name}
              project={project}
              origin={origin}
              freight={freight}
              stage={stage}
              promotions={byStage.get(stage.metadata.name ?? '') ?? []}
              available={available.get(stage.metadata.name ?? '')?.has(name)}
              single={column.length === 1}
            />
          ))}
        </div>
      ))}
    </>
  );
}

interface CellProps {
  project: string;
  origin: string;
  freight: Freight;
  stage: Stage;
  promotions: readonly Promotion[];
  available: boolean | undefined;
  single: boolean;
}

function FreightCell({ project, origin, freight, stage, promotions, available, single }: CellProps): React.ReactNode {
  const cell = cellOf({ freight, stage, promotions, available, origin });
  const name = stage.metadata.name ?? '';
  const label = `${freight.alias ?? freight.metadata.name?.slice(0, 7)} in ${name}: ${cell.word} ${cell.detail ?? ''}`.trim();
  return (
    <div className={`cell ${cell.tone}${cell.here ? ' here' : ''}`} role="group" aria-label={label}>
      <StatusShape look={cell} />
      <span className="word">{single ? cell.word : `${name}: ${cell.word}`}</span>
      {cell.detail === undefined || cell.detail === '' ? null : <span className="detail">{cell.detail}</span>}
      {cell.promote && cell.shape === 'person' ? (
        <Link
          className="btn small primary"
          to={`/project/${project}/promote/freight/${freight.metadata.name ?? ''}/stage/${name}`}
          aria-label={`Promote ${freight.alias ?? freight.metadata.name?.slice(0, 7)} to ${name}`}
        >
          Promote
        </Link>
      ) : null}
    </div>
  );
}
