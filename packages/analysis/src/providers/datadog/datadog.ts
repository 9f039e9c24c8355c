/** `datadog`: a metric query over the last minutes, with version 1 or 2 of Datadog's API. */
import { parseDuration } from '@kargo/gocompat';
import { providerConfig, type Provider } from '../../provider.ts';
import { measured } from '../answers/measured.ts';
import { datadogAccess } from './access.ts';
import { readDatadogConfig, type DatadogConfig } from './config.ts';
import { queryV1 } from './v1.ts';
import { queryV2 } from './v2.ts';

export const datadogProvider: Provider = {
  name: 'datadog',
  async run(request, ports) {
    const config = readDatadogConfig(providerConfig(request.metric).config as DatadogConfig);
    const access = await datadogAccess(config, request, ports);
    const to = ports.clock.now();
    const query = { config, access, from: to - parseDuration(config.interval), to, signal: request.signal };
    const answer = await (config.apiVersion === 'v1' ? queryV1(query, ports.http) : queryV2(query, ports.http));
    return measured(request.metric, { ...answer, now: to });
  },
  metadata: (metric) => {
    const { query } = providerConfig(metric).config as DatadogConfig;
    return query === undefined || query === '' ? {} : { ResolvedDatadogQuery: query };
  },
};
