import { SchemaField } from '../../components/schema-form/schema-form.tsx';
import { valueAt, type Path } from '../../manifest/path.ts';
import { schemaAt } from '../../manifest/resolve.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';

/** A field of a manifest, drawn by its schema; nothing until that is known. */
export function ManifestField({ manifest, path, label }: { manifest: Manifest; path: Path; label: string }): React.ReactNode {
  const schema = manifest.schemas === undefined ? undefined : schemaAt(manifest.schemas, manifest.object, path);
  const value = valueAt(manifest.object, path);
  return schema === undefined ? null : (
    <SchemaField manifest={manifest} schema={schema} path={path} value={value} label={label} />
  );
}
