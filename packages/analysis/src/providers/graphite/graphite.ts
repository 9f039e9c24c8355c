/** `graphite`: the first target of a render query. */
import { providerConfig, type Provider } from '../../provider.ts';
import { readJSON, strangeAnswer, textOf } from '../answers/json-answer.ts';
import { measured } from '../answers/measured.ts';

interface GraphiteConfig {
  address?: string;
  /** The end of a query string: `target=…&from=-5min`. */
  query?: string;
}

const TIMEOUT = 10_000;

export const graphiteProvider: Provider = {
  name: 'graphite',
  async run(request, ports) {
    const { address = '', query = '' } = providerConfig(request.metric).config as GraphiteConfig;
    if (!/^https?:\/\/[^/]+/.test(address))
      throw new Error(`graphite address ${JSON.stringify(address)} needs a scheme and a host`);
    const response = await ports.http.send({
      method: 'GET',
      url: `${address.replace(/\/+$/, '')}/render?${query.replaceAll(/\s/g, '')}&format=json`,
      headers: { accept: 'application/json' },
      timeout: TIMEOUT,
      signal: request.signal,
    });
    if (response.status < 200 || response.status > 299)
      throw new Error(`received non 2xx response code: ${response.status} ${textOf(response).slice(0, 200)}`);
    const values = readJSON(response, 'graphite', (answer) => {
      const [target] = (answer ?? []) as { datapoints?: [number | null, number][] }[];
      const points = target?.datapoints ?? [];
      if (points.length === 0) throw new Error('no values found');
      const found = points.flatMap(([value]) => (value === null ? [] : [value]));
      if (!found.every((value) => typeof value === 'number')) throw strangeAnswer(response, 'graphite');
      return found;
    });
    return measured(request.metric, {
      result: values,
      value: `[${values.map((value) => value.toFixed(6)).join(',')}]`,
      numbers: true,
      keepValue: true,
      now: ports.clock.now(),
    });
  },
};
