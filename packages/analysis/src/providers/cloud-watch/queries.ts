/** A query as a metric declares it. */
export interface MetricDataQuery {
  id?: string;
  expression?: string;
  label?: string;
  period?: number | string;
  returnData?: boolean;
  metricStat?: {
    metric?: { dimensions?: { name?: string; value?: string }[]; metricName?: string; namespace?: string };
    period?: number | string;
    stat?: string;
    unit?: string;
  };
}

/** Queries in the form CloudWatch's own API takes them. Fails if there is none, or a period is no whole number of seconds. */
export function awsQueries(queries: readonly MetricDataQuery[]): Record<string, unknown>[] {
  if (queries.length === 0) throw new Error('cloudWatch needs at least one entry in metricDataQueries');
  return queries.map(({ id, expression, label, period, returnData, metricStat }) => {
    const metric = metricStat?.metric;
    return defined({
      Id: id,
      Expression: expression,
      Label: label,
      Period: secondsOf(period),
      ReturnData: returnData,
      MetricStat:
        metricStat === undefined
          ? undefined
          : defined({
              Metric:
                metric === undefined
                  ? undefined
                  : defined({
                      Dimensions: metric.dimensions?.map(({ name, value }) => ({ Name: name, Value: value })),
                      MetricName: metric.metricName,
                      Namespace: metric.namespace,
                    }),
              Period: secondsOf(metricStat.period),
              Stat: metricStat.stat,
              Unit: metricStat.unit,
            }),
    });
  });
}

function secondsOf(period: number | string | undefined): number | undefined {
  if (period === undefined || period === '') return undefined;
  const seconds = Number(period);
  if (!Number.isInteger(seconds)) throw new Error(`a period of cloudWatch must be a whole number of seconds, found ${period}`);
  return seconds;
}

function defined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
