import type { Measurement } from '@kargo/api';
import type { Limit } from '../pipeline/metrics.ts';
import { numberIn } from '../pipeline/metrics.ts';
import { lookOfVerification } from '../pipeline/state.ts';
import { StatusShape } from './status-shape.tsx';

const WIDTH = 720;
const HEIGHT = 180;
const LEFT = 56;
const RIGHT = 16;
const TOP = 12;
const BOTTOM = 24;

interface Props {
  name: string;
  measurements: readonly Measurement[];
  limit: Limit | undefined;
}

interface Point {
  measurement: Measurement;
  value: number;
  at: number;
}

/** Measurements over time with the limit that decides; those that are no numbers as a row of shapes. */
export function MetricPlot({ name, measurements, limit }: Props): React.ReactNode {
  const points = measurements.flatMap((measurement): Point[] => {
    const value = numberIn(measurement.value);
    const at = Date.parse(measurement.finishedAt ?? measurement.startedAt ?? '');
    return value === undefined || Number.isNaN(at) ? [] : [{ measurement, value, at }];
  });
  if (points.length === 0) return <Strip name={name} measurements={measurements} />;
  const times = points.map(({ at }) => at);
  const first = Math.min(...times);
  const last = Math.max(...times, first + 1);
  const values = [...points.map(({ value }) => value), ...(limit === undefined ? [] : [limit.value])];
  const low = Math.min(0, ...values);
  const span = Math.max(...values) - low;
  const high = span === 0 ? low + 1 : low + span * 1.15;
  const x = (at: number): number => LEFT + ((at - first) / (last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - (value - low) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const failed = points.filter(({ measurement }) => measurement.phase === 'Failed' || measurement.phase === 'Error').length;
  const label = `${name}: ${points.length} ${points.length === 1 ? 'measurement' : 'measurements'}, the last ${points.at(-1)?.value}${
    limit === undefined ? '' : `, fails ${limit.fails} ${limit.value}`
  }, ${failed} failed. The table has each of them.`;
  const zone =
    limit === undefined ? undefined : limit.fails === 'above' ? [TOP, y(limit.value)] : [y(limit.value), HEIGHT - BOTTOM];
  return (
    <svg className="plot" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {zone === undefined ? null : (
        <rect
          className="zone"
          x={LEFT}
          y={zone[0]}
          width={WIDTH - LEFT - RIGHT}
          height={Math.max(0, (zone[1] ?? 0) - (zone[0] ?? 0))}
        />
      )}
      {[low, low + (high - low) / 2, high].map((value) => (
        <g key={value}>
          <line className="grid" x1={LEFT} x2={WIDTH - RIGHT} y1={y(value)} y2={y(value)} />
          <text x={LEFT - 8} y={y(value) + 4} textAnchor="end">
            {Number(value.toPrecision(3))}
          </text>
        </g>
      ))}
      {limit === undefined ? null : (
        <g className="limit">
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(limit.value)} y2={y(limit.value)} />
          <text x={WIDTH - RIGHT} y={y(limit.value) - 6} textAnchor="end">
            fails {limit.fails} {limit.value}
          </text>
        </g>
      )}
      <polyline className="series" points={points.map(({ at, value }) => `${x(at)},${y(value)}`).join(' ')} />
      {points.map(({ measurement, at, value }, index) =>
        measurement.phase === 'Failed' || measurement.phase === 'Error' ? (
          <path key={index} className="point bad" d={octagon(x(at), y(value), 6)} />
        ) : (
          <circle key={index} className="point" cx={x(at)} cy={y(value)} r={4} />
        ),
      )}
      <text x={LEFT} y={HEIGHT - 6}>
        {clock(first)}
      </text>
      <text x={WIDTH - RIGHT} y={HEIGHT - 6} textAnchor="end">
        {clock(last)}
      </text>
    </svg>
  );
}

function Strip({ name, measurements }: { name: string; measurements: readonly Measurement[] }): React.ReactNode {
  if (measurements.length === 0) return <p className="muted">Not measured yet.</p>;
  const words = measurements.map(({ phase }) => lookOfVerification(phase).word).join(', ');
  return (
    <div className="strip" role="img" aria-label={`${name}: ${words}`}>
      {measurements.map(({ phase }, index) => (
        <StatusShape key={index} look={lookOfVerification(phase)} />
      ))}
    </div>
  );
}

function octagon(x: number, y: number, size: number): string {
  const inner = size * 0.42;
  const corners = [
    [-inner, -size],
    [inner, -size],
    [size, -inner],
    [size, inner],
    [inner, size],
    [-inner, size],
    [-size, inner],
    [-size, -inner],
  ] as const;
  return `M${corners.map(([dx, dy]) => `${x + dx} ${y + dy}`).join('L')}Z`;
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
