/** `influxdb`: a Flux query of InfluxDB 2. */
import { goFormat } from '@kargo/gocompat';
import { providerConfig, type Provider } from '../../provider.ts';
import { textOf } from '../answers/json-answer.ts';
import { measured } from '../answers/measured.ts';
import { providerSecret } from '../provider-secret.ts';
import { fluxValues } from './annotated-csv.ts';

interface InfluxConfig {
  profile?: string;
  query?: string;
}

const DEFAULT_PROFILE = 'influxdb';
const TIMEOUT = 30_000;

export const influxdbProvider: Provider = {
  name: 'influxdb',
  async run(request, ports) {
    const config = providerConfig(request.metric).config as InfluxConfig;
    const profile = config.profile || DEFAULT_PROFILE;
    const { address, authToken, org } = (await providerSecret(profile, request, ports)) ?? {};
    if (!address || !authToken || !org)
      throw new Error(`authToken, org or address not found: create a Secret "${profile}" with address, authToken and org`);
    const response = await ports.http.send({
      method: 'POST',
      url: `${address.replace(/\/+$/, '')}/api/v2/query?org=${encodeURIComponent(org)}`,
      headers: { authorization: `Token ${authToken}`, 'content-type': 'application/json', accept: 'application/csv' },
      body: JSON.stringify({
        query: config.query ?? '',
        type: 'flux',
        dialect: { annotations: ['datatype', 'group', 'default'], delimiter: ',', header: true },
      }),
      timeout: TIMEOUT,
      signal: request.signal,
    });
    const text = textOf(response);
    if (response.status !== 200) throw new Error(`InfluxDB answered ${response.status}: ${text.slice(0, 200)}`);
    const values = fluxValues(text);
    if (values.length === 0) throw new Error('no values found in query result');
    const numbers = values.every((value) => typeof value === 'number');
    return measured(request.metric, { result: values, value: goFormat(values), numbers, now: ports.clock.now() });
  },
};
