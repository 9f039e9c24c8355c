import { SchemaField } from '../../components/schema-form/schema-form.tsx';
import { labelOf } from '../../components/schema-form/words.ts';
import { schemaAt } from '../../manifest/resolve.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { NameField } from './name-field.tsx';
import { StepsEditor } from './steps-editor.tsx';

/** The form of any kind, by its schema. Steps are edited as those of Stages are. */
export function GenericForm({
  manifest,
  isNew,
  fixedName = false,
}: {
  manifest: Manifest;
  isNew: boolean;
  fixedName?: boolean;
}): React.ReactNode {
  const { metadata, spec = {} } = (manifest.object ?? {}) as { metadata?: { name?: unknown }; spec?: Record<string, unknown> };
  const schema = manifest.schemas === undefined ? undefined : schemaAt(manifest.schemas, manifest.object, ['spec']);
  return (
    <>
      {fixedName ? null : (
        <div className="form-section">
          <NameField manifest={manifest} isNew={isNew} value={metadata?.name} />
        </div>
      )}
      {Object.entries(schema?.properties ?? {}).map(([key, each]) => (
        <div className="form-section" key={key}>
          {key === 'steps' ? (
            <StepsEditor manifest={manifest} path={['spec', 'steps']} tasks={[]} />
          ) : (
            <SchemaField
              manifest={manifest}
              schema={each}
              path={['spec', key]}
              value={spec[key]}
              label={labelOf(key)}
              required={schema?.required?.includes(key)}
            />
          )}
        </div>
      ))}
    </>
  );
}
