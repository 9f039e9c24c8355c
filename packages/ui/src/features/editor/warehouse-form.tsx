import { Icon, IconButton } from '../../components/icon.tsx';
import { SchemaField, SchemaFields } from '../../components/schema-form/schema-form.tsx';
import { problemsAt } from '../../manifest/problems.ts';
import { schemaAt } from '../../manifest/resolve.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { ManifestField } from './manifest-field.tsx';
import { NameField } from './name-field.tsx';

const TYPES = [
  { type: 'image', label: 'Image', about: 'Images of a container repository' },
  { type: 'git', label: 'Git', about: 'Commits of a Git repository' },
  { type: 'chart', label: 'Chart', about: 'Versions of a Helm chart' },
] as const;

/** Where a Warehouse looks, how often, and when it makes Freight of what it finds. */
export function WarehouseForm({ manifest, isNew }: { manifest: Manifest; isNew: boolean }): React.ReactNode {
  const { metadata, spec = {} } = (manifest.object ?? {}) as { metadata?: { name?: unknown }; spec?: Record<string, unknown> };
  const list = ['spec', 'subscriptions'];
  const subscriptions = Array.isArray(spec['subscriptions']) ? (spec['subscriptions'] as Record<string, unknown>[]) : [];
  const schema = (...path: (string | number)[]) =>
    manifest.schemas === undefined ? undefined : schemaAt(manifest.schemas, manifest.object, path);
  return (
    <>
      <div className="form-section columns">
        <NameField manifest={manifest} isNew={isNew} value={metadata?.name} />
        <ManifestField manifest={manifest} path={['spec', 'interval']} label="Looks every" />
        <ManifestField manifest={manifest} path={['spec', 'freightCreationPolicy']} label="Makes freight" />
        <ManifestField manifest={manifest} path={['spec', 'shard']} label="Shard" />
      </div>
      <div className="form-section">
        <h3 className="section-title">
          Subscriptions <span className="muted small-text">where it looks for new artifacts</span>
          <span className="grow" />
          {TYPES.map(({ type, label, about }) => (
            <button
              key={type}
              type="button"
              className="btn small"
              title={about}
              onClick={() => manifest.edit([...list, subscriptions.length], { [type]: { repoURL: '' } })}
            >
              <Icon name="plus" /> {label}
            </button>
          ))}
        </h3>
        {problemsAt(manifest.problems, list).map(({ message }) => (
          <p key={message} className="problem">
            {message}
          </p>
        ))}
        {subscriptions.map((subscription, index) => {
          const type = TYPES.find((each) => subscription?.[each.type] !== undefined);
          const path = [...list, index];
          const own = type === undefined ? schema(...path) : schema(...path, type.type);
          const nameSchema = schema(...path, 'name');
          return (
            <div className="item-card" key={index} role="group" aria-label={`Subscription ${index + 1}`}>
              <div className="item-tools">
                <strong>{type?.label ?? 'Other'}</strong>
                <span className="grow" />
                <IconButton
                  name="trash"
                  label={`Remove subscription ${index + 1}`}
                  onClick={() => manifest.edit(subscriptions.length === 1 ? list : path, undefined)}
                />
              </div>
              {own === undefined ? null : (
                <SchemaFields
                  manifest={manifest}
                  schema={own}
                  path={type === undefined ? path : [...path, type.type]}
                  value={type === undefined ? subscription : subscription[type.type]}
                />
              )}
              {type === undefined || nameSchema === undefined || subscription['name'] === undefined ? null : (
                <SchemaField
                  manifest={manifest}
                  schema={nameSchema}
                  path={[...path, 'name']}
                  value={subscription['name']}
                  label="Name of the subscription"
                />
              )}
            </div>
          );
        })}
      </div>
      <div className="form-section">
        <ManifestField manifest={manifest} path={['spec', 'freightCreationCriteria']} label="Freight is made only if" />
      </div>
    </>
  );
}
