import { describe, expect, it } from 'vitest';
import { ConfigError } from '../config-error.ts';
import { configOf } from './server.ts';

const CLUSTER = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };

describe('where kargo server listens, and for whom', () => {
  it.each([
    [
      'nothing, outside a cluster',
      {},
      { HOME: '/home/ann' },
      { isLocal: true, host: '127.0.0.1', port: 0, kubeconfig: '/home/ann/.kube/config' },
    ],
    ['nothing, in a cluster', {}, CLUSTER, { isLocal: false, host: '0.0.0.0', port: 8080, kubeconfig: undefined }],
    ['--listen', { listen: '0.0.0.0:80' }, {}, { isLocal: false, host: '0.0.0.0', port: 80, data: './kargo-server-data' }],
    ['--address', { address: 'localhost:9000' }, CLUSTER, { isLocal: true, host: 'localhost', port: 9000 }],
    ['--kargo-namespace', { kargoNamespace: 'k' }, {}, { namespace: 'k' }],
    ['BIND_ADDRESS and PORT', {}, { ...CLUSTER, BIND_ADDRESS: '::', PORT: '9090' }, { host: '::', port: 9090 }],
    [
      'namespaces by environment',
      {},
      {
        ...CLUSTER,
        KARGO_NAMESPACE: 'a',
        SYSTEM_RESOURCES_NAMESPACE: 'b',
        SHARED_RESOURCES_NAMESPACE: 'c',
        ARGOCD_NAMESPACE: 'd',
      },
      { namespace: 'a', systemNamespace: 'b', sharedNamespace: 'c', argoCDNamespace: 'd' },
    ],
    [
      'flags before environment',
      { namespace: 'x', sharedNamespace: 'y' },
      { KARGO_NAMESPACE: 'a', SHARED_RESOURCES_NAMESPACE: 'c' },
      { namespace: 'x', sharedNamespace: 'y' },
    ],
    [
      'a level of another logger',
      {},
      { LOG_LEVEL: 'TRACE', LOG_FORMAT: 'JSON' },
      { logLevel: 'debug', logFormat: 'json', unknownSettings: [] },
    ],
    [
      'no level at all',
      {},
      { LOG_LEVEL: 'loud' },
      { logLevel: 'info', unknownSettings: [expect.stringContaining('found "loud"') as string] },
    ],
    [
      'how it is served',
      {},
      {
        API_BASE_PATH: 'kargo/',
        METRICS_BIND_ADDRESS: ':9090',
        GRACEFUL_SHUTDOWN_TIMEOUT: '30s',
        SECRET_MANAGEMENT_ENABLED: 'false',
      },
      {
        serving: expect.objectContaining({
          basePath: '/kargo',
          metricsAddress: { host: '0.0.0.0', port: 9090 },
          grace: 30_000,
          secretManagement: false,
        }) as object,
      },
    ],
    [
      'no metrics',
      {},
      { METRICS_BIND_ADDRESS: '0' },
      { serving: expect.objectContaining({ metricsAddress: undefined, basePath: '', grace: 10_000 }) as object },
    ],
  ])('is told by %s', (_, options, env, want) => {
    expect(configOf(options, env)).toMatchObject(want);
  });

  it.each([
    [{ address: '0.0.0.0:80' }, {}, /--address must be one of this machine itself/],
    [{ address: 'localhost:0', listen: '0.0.0.0:80' }, {}, /give one of them/],
    [{}, { API_BASE_PATH: '/a b' }, /API_BASE_PATH must be a path/],
    [{}, { API_BASE_PATH: '/a/../b' }, /API_BASE_PATH must be a path/],
    [{}, { METRICS_BIND_ADDRESS: '9090' }, /METRICS_BIND_ADDRESS must be HOST:PORT/],
    [{}, { ANALYSIS_RUN_LOG_URL_TEMPLATE: 'https://x/${{ (' }, /ANALYSIS_RUN_LOG_URL_TEMPLATE is no template/],
    [
      {},
      { ANALYSIS_RUN_LOG_URL_TEMPLATE: 'https://x', ANALYSIS_RUN_LOG_HTTP_HEADERS: 'secret-text' },
      /ANALYSIS_RUN_LOG_HTTP_HEADERS must list name=value, separated by commas$/,
    ],
    [{}, { GRACEFUL_SHUTDOWN_TIMEOUT: 'soon' }, /GRACEFUL_SHUTDOWN_TIMEOUT must be a duration/],
  ])('is refused for %j and %j', (options, env, error) => {
    expect(() => configOf(options, env)).toThrow(ConfigError);
    expect(() => configOf(options, env)).toThrow(error);
  });
});
