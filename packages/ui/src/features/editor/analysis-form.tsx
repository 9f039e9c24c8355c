import { useRef } from 'react';
import { Field } from '../../components/field.tsx';
import { IconButton } from '../../components/icon.tsx';
import { FreeValue } from '../../components/schema-form/free-value.tsx';
import { SchemaField, SchemaFields } from '../../components/schema-form/schema-form.tsx';
import { labelOf } from '../../components/schema-form/words.ts';
import { isRecord } from '../../manifest/path.ts';
import { problemsAt } from '../../manifest/problems.ts';
import { schemaAt } from '../../manifest/resolve.ts';
import { useItems } from '../../manifest/use-items.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { METRIC_PROVIDERS } from '../../schemas/metric-providers.ts';
import type { Schema } from '../../schemas/schemas.ts';
import { NameField } from './name-field.tsx';

const LIST = ['spec', 'metrics'];
type Fields = Readonly<Record<string, unknown>>;

/** What a verification measures: each metric with the form of what it is measured by; then arguments and all the rest. */
export function AnalysisForm({ manifest, isNew }: { manifest: Manifest; isNew: boolean }): React.ReactNode {
  const { metadata, spec } = (manifest.object ?? {}) as { metadata?: { name?: unknown }; spec?: Fields | null };
  const schema = manifest.schemas === undefined ? undefined : schemaAt(manifest.schemas, manifest.object, ['spec']);
  const record = spec ?? {};
  const metrics = Array.isArray(record['metrics']) ? (record['metrics'] as unknown[]) : [];
  const { keys, remove, moveUp } = useItems(manifest, LIST, metrics.length);
  const add = (provider: string): void =>
    manifest.edit([...LIST, metrics.length], {
      name: freeName(metrics, provider),
      provider: { [provider]: METRIC_PROVIDERS[provider]?.initial ?? {} },
    });
  return (
    <>
      <div className="form-section">
        <NameField manifest={manifest} isNew={isNew} value={metadata?.name} />
      </div>
      <div className="form-section">
        <h3 className="section-title">
          Metrics <span className="muted small-text">{metrics.length === 0 ? 'none yet' : 'all have to pass'}</span>
          <span className="grow" />
          <select aria-label="Add metric" value="" onChange={({ target }) => add(target.value)}>
            <option value="" disabled>
              Add metric …
            </option>
            <ProviderOptions />
          </select>
        </h3>
        {problemsAt(manifest.problems, LIST).map(({ message }) => (
          <p key={message} className="problem">
            {message}
          </p>
        ))}
        {metrics.map((metric, index) => (
          <MetricCard
            key={keys[index]}
            manifest={manifest}
            index={index}
            moveUp={() => moveUp(index)}
            remove={() => remove(index)}
            metric={isRecord(metric) ? metric : {}}
            schema={schema?.properties?.['metrics']?.items ?? {}}
          />
        ))}
      </div>
      {Object.entries(schema?.properties ?? {})
        .filter(([key]) => key !== 'metrics')
        .map(([key, each]) => (
          <div className="form-section" key={key}>
            <SchemaField manifest={manifest} schema={each} path={['spec', key]} value={record[key]} label={labelOf(key)} />
          </div>
        ))}
    </>
  );
}

function ProviderOptions(): React.ReactNode {
  return Object.entries(METRIC_PROVIDERS).map(([key, { title }]) => (
    <option key={key} value={key}>
      {title}
    </option>
  ));
}

interface MetricCardProps {
  manifest: Manifest;
  index: number;
  moveUp: () => void;
  remove: () => void;
  metric: Fields;
  schema: Schema;
}

function MetricCard({ manifest, index, moveUp, remove, metric, schema }: MetricCardProps): React.ReactNode {
  const path = [...LIST, index];
  const provider = isRecord(metric['provider']) ? metric['provider'] : {};
  const keys = Object.keys(provider);
  const [chosen] = keys;
  const facts = chosen === undefined ? undefined : METRIC_PROVIDERS[chosen];
  // Who chooses another one and comes back finds what was typed.
  const before = useRef(new Map<string, unknown>());
  const choose = (key: string): void => {
    for (const [each, value] of Object.entries(provider)) before.current.set(each, value);
    manifest.edit([...path, 'provider'], { [key]: before.current.get(key) ?? METRIC_PROVIDERS[key]?.initial ?? {} });
  };
  const name = typeof metric['name'] === 'string' ? metric['name'] : '';
  const problems = [
    ...problemsAt(manifest.problems, [...path, 'provider']).map(({ message }) => message),
    ...(keys.length > 1 ? [`Only one of ${keys.join(', ')} can be given; take the others away in the YAML.`] : []),
  ];
  return (
    <div className="item-card" role="group" aria-label={`Metric ${index + 1}`}>
      <div className="item-tools">
        <span className="muted small-text">
          {index + 1}
          {name === '' ? '' : `, ${name}`}
        </span>
        {index > 0 ? <IconButton name="up" label={`Move metric ${index + 1} up`} onClick={moveUp} /> : null}
        <IconButton name="close" label={`Remove metric ${index + 1}`} onClick={remove} />
      </div>
      <SchemaField
        manifest={manifest}
        schema={schema.properties?.['name'] ?? { type: 'string' }}
        path={[...path, 'name']}
        value={metric['name']}
        label="Name"
        required
      />
      <Field label="Measured by" required problems={problems} hint={facts?.schema.description}>
        {(control) => (
          <select {...control} value={chosen ?? ''} onChange={({ target }) => choose(target.value)}>
            {chosen === undefined ? (
              <option value="" disabled>
                Choose …
              </option>
            ) : facts === undefined ? (
              <option>{chosen}</option>
            ) : null}
            <ProviderOptions />
          </select>
        )}
      </Field>
      {chosen === undefined ? null : (
        <div className="inset">
          {facts === undefined ? (
            <FreeValue
              manifest={manifest}
              path={[...path, 'provider', chosen]}
              value={provider[chosen]}
              label={chosen}
              schema={{}}
            />
          ) : (
            <SchemaFields
              key={chosen}
              manifest={manifest}
              schema={facts.schema}
              path={[...path, 'provider', chosen]}
              value={provider[chosen]}
            />
          )}
        </div>
      )}
      <SchemaFields manifest={manifest} schema={schema} path={path} value={metric} without={['name', 'provider']} />
    </div>
  );
}

function freeName(metrics: readonly unknown[], wanted: string): string {
  const taken = new Set(metrics.map((metric) => (isRecord(metric) ? metric['name'] : undefined)));
  const names = Array.from({ length: metrics.length + 1 }, (_, n) => (n === 0 ? wanted : `${wanted}-${n + 1}`));
  return names.find((each) => !taken.has(each)) ?? wanted;
}
