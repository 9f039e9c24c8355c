import type { ReferencedValues } from './referenced-values.ts';

interface KeyReference {
  name: string;
  key: string;
  optional?: boolean;
}

interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: KeyReference;
    configMapKeyRef?: KeyReference;
    fieldRef?: { fieldPath: string };
  };
}

interface EnvFrom {
  prefix?: string;
  secretRef?: { name: string; optional?: boolean };
  configMapRef?: { name: string; optional?: boolean };
}

/** The part of a container that makes its environment. */
export interface EnvironmentSpec {
  env?: EnvVar[];
  envFrom?: EnvFrom[];
}

/** The whole environment of a container. Fails, naming what is missing, if a reference leads nowhere. */
export async function environmentOf(spec: EnvironmentSpec, values: ReferencedValues): Promise<Record<string, string>> {
  const env: Record<string, string> = {};
  for (const { prefix = '', secretRef, configMapRef } of spec.envFrom ?? []) {
    const data = {
      ...(secretRef === undefined ? {} : await values.texts('Secret', secretRef)),
      ...(configMapRef === undefined ? {} : await values.texts('ConfigMap', configMapRef)),
    };
    for (const [key, value] of Object.entries(data)) env[`${prefix}${key}`] = value;
  }
  for (const variable of spec.env ?? []) {
    const value = await valueOf(variable, values);
    if (value !== undefined) env[variable.name] = expandVariables(value, env);
  }
  return env;
}

/** Expands `$(NAME)`; `$$(NAME)` stands for itself, and unknown names stay as they are. */
export function expandVariables(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$?)\(([^)]*)\)/g, (whole, escaped: string, name: string) =>
    escaped === '' ? (env[name] ?? whole) : `$(${name})`,
  );
}

async function valueOf({ name, value, valueFrom }: EnvVar, values: ReferencedValues): Promise<string | undefined> {
  if (valueFrom === undefined) return value ?? '';
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
  if (secretKeyRef !== undefined) return pick('Secret', secretKeyRef, await values.texts('Secret', secretKeyRef));
  if (configMapKeyRef !== undefined) return pick('ConfigMap', configMapKeyRef, await values.texts('ConfigMap', configMapKeyRef));
  if (fieldRef !== undefined) return values.field(fieldRef.fieldPath);
  throw new Error(
    `environment variable ${name} has a source that is not supported outside a cluster: use secretKeyRef, configMapKeyRef or fieldRef`,
  );
}

function pick(what: string, { name, key, optional }: KeyReference, data: Record<string, string>): string | undefined {
  const value = data[key];
  if (value === undefined && optional !== true) throw new Error(`key "${key}" does not exist in ${what} "${name}"`);
  return value;
}
