/** What metrics can be measured by, as forms and completion need it. The API keeps providers as they come, other versions of them included. */
import type { KindSchema, Schema, Schemas } from './schemas.ts';

const text = (description: string): Schema => ({ type: 'string', description });
const flag = (description: string): Schema => ({ type: 'boolean', description });
/** A number, or an argument that will be one. */
const number = (description: string): Schema => ({ 'x-kubernetes-int-or-string': true, description });
const texts = (description: string): Schema => ({ type: 'object', additionalProperties: { type: 'string' }, description });
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description });

/** Fields beyond these are kept and not complained of. */
function open(description: string, properties: Schema['properties'], required: readonly string[] = []): Schema {
  return { type: 'object', description, properties: properties ?? {}, required, 'x-kubernetes-preserve-unknown-fields': true };
}

const headers = list(
  open('', { key: text(''), value: text('') }, ['key', 'value']),
  'Headers of the request. Secrets come in by arguments: {{args.token}}.',
);
const oauth2 = open('A token by client credentials.', {
  tokenUrl: text('Where tokens are given out.'),
  clientId: text('Who asks.'),
  clientSecret: text('Its secret: {{args.secret}}.'),
  scopes: list({ type: 'string' }, 'What it is asked for.'),
});
const basicAuth = open('User and password.', { username: text(''), password: text('{{args.password}}') });
const profile = (usual: string, keys: string): Schema => text(`Name of the Secret with ${keys}. ${usual} if not set.`);

const resources = open('CPU and memory that it asks for, and may have at most.', {
  requests: texts('Such as cpu: 100m, memory: 64Mi.'),
  limits: texts('Such as memory: 128Mi.'),
});
const env = list(
  open(
    '',
    {
      name: text('Name of the variable.'),
      value: text('Its value.'),
      valueFrom: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        description: 'A key of a Secret or a ConfigMap.',
      },
    },
    ['name'],
  ),
  'Variables of the environment.',
);
const container = open(
  '',
  {
    name: text('Name of the container.'),
    image: text('What it runs.'),
    command: list({ type: 'string' }, 'Program with its arguments; in place of the entrypoint of the image.'),
    args: list({ type: 'string' }, 'Arguments.'),
    env,
    workingDir: text('Where it is started.'),
    imagePullPolicy: { type: 'string', enum: ['Always', 'IfNotPresent', 'Never'] },
    resources,
  },
  ['name', 'image'],
);
const metadata = open('Labels and annotations.', { labels: texts(''), annotations: texts('') });
const pod = open(
  'What runs.',
  {
    containers: { ...list(container, 'What runs in it. It passes if all end with code 0.'), minItems: 1 },
    restartPolicy: {
      type: 'string',
      enum: ['Never', 'OnFailure'],
      description: 'Whether a container that failed is started again.',
    },
    initContainers: list(container, 'What runs before them, one after the other.'),
    serviceAccountName: text('As whom it runs on a cluster.'),
    volumes: list({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, 'What containers share.'),
  },
  ['containers', 'restartPolicy'],
);
const metricStat = open('A statistic of one metric.', {
  metric: open('Which metric.', {
    namespace: text('Such as AWS/ApplicationELB.'),
    metricName: text('Such as HTTPCode_Target_5XX_Count.'),
    dimensions: list(open('', { name: text(''), value: text('') }, ['name', 'value']), 'What it is narrowed down by.'),
  }),
  period: number('Seconds.'),
  stat: text('Average, Sum, p99 …'),
  unit: text('Seconds, Count …'),
});

export interface MetricProviderFacts {
  /** What people call it. */
  title: string;
  schema: Schema;
  /** What a new one begins with. */
  initial: object;
}

/** By the key that names the provider, in the order in which they are offered. */
export const METRIC_PROVIDERS: Readonly<Record<string, MetricProviderFacts>> = {
  job: {
    title: 'Job',
    schema: open(
      'Runs containers; passes if they end with code 0.',
      {
        spec: open(
          'The Job.',
          {
            backoffLimit: number('How often it is tried again.'),
            activeDeadlineSeconds: number('Seconds after which it has failed.'),
            template: open('Its pod.', { metadata, spec: pod }, ['spec']),
          },
          ['template'],
        ),
        metadata,
      },
      ['spec'],
    ),
    initial: {
      spec: {
        backoffLimit: 0,
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'check', image: 'alpine', command: ['true'] }] } },
      },
    },
  },
  web: {
    title: 'Web',
    schema: open(
      'Asks an address; the answer is the measurement.',
      {
        url: text('What is asked, such as https://shop.example.com/health?for={{args.stage}}.'),
        method: { type: 'string', enum: ['GET', 'POST', 'PUT'], default: 'GET' },
        jsonPath: text('The part of the answer that counts: {$.data.errors}.'),
        headers,
        body: text('What is sent. Not together with a JSON body.'),
        jsonBody: { description: 'What is sent, as JSON.' },
        timeoutSeconds: number('Seconds that an answer may take. 10 if not set.'),
        insecure: flag('Whether any certificate is taken.'),
        authentication: open('Who asks.', { oauth2, basicAuth }),
      },
      ['url'],
    ),
    initial: { url: 'https://', jsonPath: '{$}' },
  },
  prometheus: {
    title: 'Prometheus',
    schema: open(
      'A query to Prometheus, or what speaks as it does.',
      {
        address: text('Such as https://prometheus.example.com; as the server is set up if not set.'),
        query: text('In PromQL: sum(rate(errors_total{app="{{args.app}}"}[5m])).'),
        timeout: number('Seconds that an answer may take. 30 if not set.'),
        headers,
        insecure: flag('Whether any certificate is taken.'),
        rangeQuery: open('All values of a time instead of the newest one.', {
          start: text('An expression such as now() - duration("1h").'),
          end: text('Such as now().'),
          step: text('Such as 1m.'),
        }),
        authentication: open('Who asks.', {
          oauth2,
          basicAuth,
          sigv4: open('As AWS signs requests.', { region: text(''), profile: text(''), roleArn: text('') }),
        }),
      },
      ['query'],
    ),
    initial: { address: 'https://', query: '' },
  },
  datadog: {
    title: 'Datadog',
    schema: open('A query to Datadog.', {
      apiVersion: { type: 'string', enum: ['v1', 'v2'], default: 'v1', description: 'v2 takes several queries.' },
      query: text('The query. Not together with queries.'),
      queries: texts('Queries by name; only with v2.'),
      formula: text('What the queries come to: a / b. Needed for more than one.'),
      aggregator: {
        type: 'string',
        enum: ['avg', 'min', 'max', 'sum', 'last', 'percentile', 'mean', 'l2norm', 'area'],
        description: 'What the values of the time come to; only with v2. last if not set.',
      },
      interval: text('The time that is looked at. 5m if not set.'),
      requestTimeout: text('How long an answer may take. 10s if not set.'),
      secretRef: open('The Secret with address, api-key and app-key.', {
        name: text('Its name.'),
        namespaced: flag('Whether it is in the project itself.'),
      }),
    }),
    initial: { apiVersion: 'v2', interval: '5m', query: '' },
  },
  newRelic: {
    title: 'New Relic',
    schema: open(
      'A query to New Relic.',
      {
        query: text('In NRQL.'),
        profile: profile('newrelic', 'personal-api-key, account-id and region'),
        timeout: number('Seconds that an answer may take, 5 to 120.'),
      },
      ['query'],
    ),
    initial: { query: '' },
  },
  cloudWatch: {
    title: 'CloudWatch',
    schema: open(
      'Metrics of AWS. Who asks is said by the environment of the controller.',
      {
        interval: text('The time that is looked at. 5m if not set.'),
        metricDataQueries: list(
          open(
            '',
            {
              id: text('Name of the query; small letters first.'),
              expression: text('A computation with others. Not together with a statistic.'),
              metricStat,
              label: text('What it is called.'),
              period: number('Seconds.'),
              returnData: flag('Whether it is part of the result.'),
            },
            ['id'],
          ),
          'What is asked.',
        ),
      },
      ['metricDataQueries'],
    ),
    initial: { interval: '5m', metricDataQueries: [{ id: 'errors', expression: '' }] },
  },
  graphite: {
    title: 'Graphite',
    schema: open('A query to Graphite.', { address: text('Such as https://graphite.example.com.'), query: text('The target.') }, [
      'address',
      'query',
    ]),
    initial: { address: 'https://', query: '' },
  },
  influxdb: {
    title: 'InfluxDB',
    schema: open(
      'A query to InfluxDB.',
      { query: text('In Flux.'), profile: profile('influxdb', 'influxdbAddress, authToken and org') },
      ['query'],
    ),
    initial: { query: '' },
  },
};

const PROVIDER: Schema = {
  type: 'object',
  description: 'By what it is measured: one of the providers.',
  properties: Object.fromEntries(Object.entries(METRIC_PROVIDERS).map(([name, { schema }]) => [name, schema])),
  'x-kubernetes-preserve-unknown-fields': true,
};

/** The schemas, with those of the providers where metrics are. */
export function withMetricProviders({ kinds, steps }: Schemas): Schemas {
  const known = Object.fromEntries(
    Object.entries(kinds).map(([name, kind]) => [name, name.endsWith('AnalysisTemplate') ? withProviders(kind) : kind]),
  );
  return { kinds: known, steps };
}

function withProviders(kind: KindSchema): KindSchema {
  const into = (schema: Schema | undefined, [first, ...rest]: readonly string[]): Schema => {
    if (first === undefined) return PROVIDER;
    if (first === '*') return { ...schema, items: into(schema?.items, rest) };
    return { ...schema, properties: { ...schema?.properties, [first]: into(schema?.properties?.[first], rest) } };
  };
  return { ...kind, schema: into(kind.schema, ['spec', 'metrics', '*', 'provider']) };
}
