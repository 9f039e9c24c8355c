import type { Http } from '@kargo/integrations';
import { goJSON } from '@kargo/gocompat';
import { decimal } from '../answers/decimal.ts';
import { readJSON } from '../answers/json-answer.ts';
import type { Measured } from '../answers/measured.ts';
import { refuseFailure } from './access.ts';
import type { DatadogQuery } from './v1.ts';

interface Column {
  name?: string;
  type?: string;
  values?: unknown[];
}

interface Answer {
  errors?: unknown;
  data?: { attributes?: { columns?: Column[] } };
}

/** Groups named in the metadata of a measurement, from each end, where there are more than twice as many. */
const GROUPS_SHOWN = 50;

/** One number, or a list of numbers where the query groups. */
export async function queryV2({ config, access, from, to, signal }: DatadogQuery, http: Http): Promise<Measured> {
  const { aggregator, formula } = config;
  const queries = Object.entries(config.queries).map(([name, query]) => ({ data_source: 'metrics', aggregator, name, query }));
  const body = {
    data: {
      type: 'scalar_request',
      attributes: { formulas: [{ formula }], from: Math.floor(from), to: Math.floor(to), queries },
    },
  };
  const response = await http.send({
    method: 'POST',
    url: `${access.address}/api/v2/query/scalar`,
    headers: { ...access.headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    timeout: config.timeout,
    signal,
  });
  refuseFailure(response);
  return readJSON(response, 'datadog', (answer) => {
    const { errors, data } = answer as Answer;
    if (errors !== undefined && errors !== null && errors !== '')
      throw new Error(`datadog could not answer the query: ${JSON.stringify(errors)}`);
    return resultOf(data?.attributes?.columns ?? []);
  });
}

function resultOf(columns: readonly Column[]): Measured {
  const groups = columns.filter(({ type }) => type === 'group');
  const numbers = columns.find(({ type }) => type === undefined || type === 'number')?.values ?? [];
  if (groups.length === 0) {
    const value = numbers.find((candidate) => typeof candidate === 'number');
    return value === undefined ? { result: null, value: '[]' } : { result: value, value: decimal(value) };
  }
  const rows = numbers.flatMap((value, index) =>
    typeof value === 'number' ? [{ name: groups.map(({ values }) => nameOf(values?.[index])).join(','), value }] : [],
  );
  if (rows.length === 0) return { result: null, value: '[]' };
  const values = rows.map(({ value }) => value);
  return { result: values, value: goJSON(values), numbers: true, metadata: shownGroups(rows) };
}

function nameOf(group: unknown): string {
  return Array.isArray(group) ? group.join(',') : String(group);
}

/** The lowest and highest groups where there are too many to keep them all. */
function shownGroups(rows: readonly { name: string; value: number }[]): Record<string, string> {
  if (rows.length <= 2 * GROUPS_SHOWN) return { groups: goJSON(rows) };
  const ascending = rows.toSorted((a, b) => a.value - b.value);
  return {
    groups: goJSON([...ascending.slice(0, GROUPS_SHOWN), ...ascending.slice(-GROUPS_SHOWN)]),
    groups_truncated: 'true',
  };
}
