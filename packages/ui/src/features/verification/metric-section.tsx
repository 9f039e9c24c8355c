import type { Metric, MetricResult } from '@kargo/api';
import { useId } from 'react';
import { LogView } from '../../components/log-view.tsx';
import { MetricPlot } from '../../components/metric-plot.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { limitOf, passRules } from '../../pipeline/metrics.ts';
import { lookOfVerification } from '../../pipeline/state.ts';
import { useServices } from '../../services.ts';

interface Props {
  project: string;
  run: string;
  metric: Metric;
  result: MetricResult | undefined;
  dryRun: boolean;
}

/** One metric: its measurements as a plot and as a table, what decides, and the log where a Job measures. */
export function MetricSection({ project, run, metric, result, dryRun }: Props): React.ReactNode {
  const { api } = useServices();
  const heading = useId();
  const measurements = result?.measurements ?? [];
  const look = lookOfVerification(result?.phase);
  const isJob = metric.provider['job'] !== undefined;
  const condition = [
    metric.successCondition === undefined ? '' : `passes if ${metric.successCondition}`,
    metric.failureCondition === undefined ? '' : `fails if ${metric.failureCondition}`,
  ]
    .filter((text) => text !== '')
    .join(', ');
  return (
    <section className="card-box metric" aria-labelledby={heading}>
      <header>
        <StatusShape look={look} />
        <h2 id={heading}>{metric.name}</h2>
        <span className={look.tone}>{look.word}</span>
        <span className="muted">
          {Object.keys(metric.provider)[0]}
          {metric.interval === undefined ? '' : `, every ${metric.interval}`}
        </span>
        {dryRun || result?.dryRun === true ? <span className="chip">Dry run, does not decide</span> : null}
        <span className="grow" />
        {condition === '' ? null : <code>{condition}</code>}
      </header>
      {result?.message === undefined || result.message === '' ? null : <p className={`message ${look.tone}`}>{result.message}</p>}
      <MetricPlot name={metric.name} measurements={measurements} limit={limitOf(metric)} />
      <div className="metric-facts">
        <ul className="muted small-text" aria-label={`What decides about ${metric.name}`}>
          {passRules(metric, result).map((rule) => (
            <li key={rule}>{rule}</li>
          ))}
        </ul>
        {measurements.length === 0 ? null : (
          <div className="table-box" tabIndex={0} role="region" aria-label={`Measurements of ${metric.name}`}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Result</th>
                  <th scope="col">Value</th>
                  <th scope="col">Time</th>
                </tr>
              </thead>
              <tbody>
                {measurements.toReversed().map((measurement, index) => {
                  const state = lookOfVerification(measurement.phase);
                  return (
                    <tr key={index}>
                      <td className={state.tone}>{state.word}</td>
                      <td>
                        <span className="mono">{measurement.value ?? ''}</span> {measurement.message}
                      </td>
                      <td>
                        <Time at={measurement.finishedAt ?? measurement.startedAt} seconds />
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        )}
      </div>
      {isJob && measurements.length > 0 ? (
        <LogView
          name={`Job log of ${metric.name}`}
          open={(signal) => api.jobLog(project, run, metric.name, signal)}
          deps={[api, project, run, metric.name, measurements.length]}
          empty="The job printed nothing."
        />
      ) : null}
    </section>
  );
}
