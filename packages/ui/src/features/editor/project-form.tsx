import { Field } from '../../components/field.tsx';
import { TextControl } from '../../components/schema-form/scalar-controls.tsx';
import type { Manifest } from '../../manifest/use-manifest.ts';
import { NameField } from './name-field.tsx';

const DESCRIPTION = 'kargo.akuity.io/description';

/** A Project is little more than its name; what it does is configured once it is there. */
export function ProjectForm({ manifest, isNew }: { manifest: Manifest; isNew: boolean }): React.ReactNode {
  const { metadata } = (manifest.object ?? {}) as { metadata?: { name?: unknown; annotations?: Record<string, unknown> } };
  return (
    <>
      <div className="form-section">
        <NameField manifest={manifest} isNew={isNew} value={metadata?.name} />
        <Field label="Description" hint="Shown in the list of projects.">
          {(control) => (
            <TextControl
              {...control}
              isLong
              value={metadata?.annotations?.[DESCRIPTION]}
              set={(value) => manifest.edit(['metadata', 'annotations', DESCRIPTION], value)}
            />
          )}
        </Field>
      </div>
      {isNew ? (
        <div className="form-section">
          <p className="muted">
            Its namespace is made with it. Warehouses and stages follow in the pipeline; policies, credentials and roles in its
            settings.
          </p>
        </div>
      ) : null}
    </>
  );
}
