/** The schemas of everything that people write, as they were when the UI was built; they come with it, on first use. */
import { withMetricProviders } from './metric-providers.ts';

/** JSON Schema, as much of it as kinds and steps use. */
export interface Schema {
  title?: string;
  description?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  deprecated?: boolean;
  oneOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  not?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
}

export interface KindSchema {
  /** Name in addresses. */
  plural: string;
  namespaced: boolean;
  /** Without what every object has, and without status. */
  schema: Schema;
}

export interface StepSchema {
  /** What it does, in a sentence. */
  about: string;
  config: Schema;
  outputs: Readonly<Record<string, Schema>>;
}

export interface Schemas {
  /** By `apiVersion kind`. */
  kinds: Readonly<Record<string, KindSchema>>;
  /** By name. */
  steps: Readonly<Record<string, StepSchema>>;
}

/** Fetches the schemas from where the page came from; once. */
export async function loadSchemas(): Promise<Schemas> {
  const { default: schemas } = await import('./generated/schemas.json');
  return withMetricProviders(schemas as unknown as Schemas);
}
