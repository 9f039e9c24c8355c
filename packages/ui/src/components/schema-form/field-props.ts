import type { Path } from '../../manifest/path.ts';
import type { Manifest } from '../../manifest/use-manifest.ts';
import type { Schema } from '../../schemas/schemas.ts';

/** A value of a manifest, and what is known of it. */
export interface SchemaFieldProps {
  manifest: Manifest;
  schema: Schema;
  path: Path;
  value: unknown;
  label: string;
  required?: boolean | undefined;
  /** Names to offer in place of free text. */
  choices?: readonly string[] | undefined;
}
