import type { Provider } from '../provider.ts';
import { cloudWatchProvider } from './cloud-watch/cloud-watch.ts';
import { datadogProvider } from './datadog/datadog.ts';
import { graphiteProvider } from './graphite/graphite.ts';
import { influxdbProvider } from './influxdb/influxdb.ts';
import { jobProvider } from './job/job.ts';
import { newRelicProvider } from './new-relic/new-relic.ts';
import { prometheusProvider } from './prometheus/prometheus.ts';
import { webProvider } from './web/web.ts';

/** Every provider the embedded engine has. A new one is a folder and a line here. */
export const providers: readonly Provider[] = [
  webProvider,
  jobProvider,
  prometheusProvider,
  datadogProvider,
  newRelicProvider,
  cloudWatchProvider,
  graphiteProvider,
  influxdbProvider,
];
