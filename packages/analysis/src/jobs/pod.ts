import { ConfigMap, isReason, Secret, type Workload } from '@kargo/api';
import type { Reader } from '@kargo/kube';
import type { ContainerToRun } from './executor.ts';

interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    secretKeyRef?: { name: string; key: string; optional?: boolean };
    configMapKeyRef?: { name: string; key: string; optional?: boolean };
    fieldRef?: { fieldPath: string };
  };
}

interface EnvFrom {
  prefix?: string;
  secretRef?: { name: string; optional?: boolean };
  configMapRef?: { name: string; optional?: boolean };
}

interface ContainerSpec {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  env?: EnvVar[];
  envFrom?: EnvFrom[];
  workingDir?: string;
  imagePullPolicy?: string;
}

export interface PodToRun {
  initContainers: ContainerToRun[];
  containers: ContainerToRun[];
  /** Values that came from Secrets. */
  secrets: string[];
}

/** Turns the Pod template of a Job into containers with their whole environment. Fails, naming what is missing, if a reference leads nowhere. */
export async function podOfJob(job: Workload, reader: Reader): Promise<PodToRun> {
  const template = (job.spec?.['template'] ?? {}) as {
    spec?: { containers?: ContainerSpec[]; initContainers?: ContainerSpec[] };
  };
  const values = new ReferencedValues(job, reader);
  const convert = async (spec: ContainerSpec): Promise<ContainerToRun> => {
    const env = await values.environment(spec);
    const expand = (text: string): string => expandVariables(text, env);
    return {
      name: spec.name,
      image: spec.image ?? '',
      command: (spec.command ?? []).map(expand),
      args: (spec.args ?? []).map(expand),
      env,
      workingDir: spec.workingDir,
      imagePullPolicy: spec.imagePullPolicy,
    };
  };
  const initContainers: ContainerToRun[] = [];
  for (const spec of template.spec?.initContainers ?? []) initContainers.push(await convert(spec));
  const containers: ContainerToRun[] = [];
  for (const spec of template.spec?.containers ?? []) containers.push(await convert(spec));
  if (containers.length === 0)
    throw new Error('the Pod template has no containers: give it at least one in spec.template.spec.containers');
  return { initContainers, containers, secrets: values.secrets };
}

/** Expands `$(NAME)`; `$$(NAME)` stands for itself, and unknown names stay as they are. */
export function expandVariables(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$?)\(([^)]*)\)/g, (whole, escaped: string, name: string) =>
    escaped === '' ? (env[name] ?? whole) : `$(${name})`,
  );
}

/** Reads values that environment variables refer to, remembering which of them are secret. */
class ReferencedValues {
  readonly secrets: string[] = [];
  readonly #job: Workload;
  readonly #reader: Reader;

  constructor(job: Workload, reader: Reader) {
    this.#job = job;
    this.#reader = reader;
  }

  async environment(spec: ContainerSpec): Promise<Record<string, string>> {
    const env: Record<string, string> = {};
    for (const { prefix = '', secretRef, configMapRef } of spec.envFrom ?? []) {
      const data =
        secretRef !== undefined
          ? await this.#secret(secretRef)
          : configMapRef === undefined
            ? {}
            : await this.#configMap(configMapRef);
      for (const [key, value] of Object.entries(data)) env[`${prefix}${key}`] = value;
    }
    for (const variable of spec.env ?? []) {
      const value = await this.#value(variable);
      if (value !== undefined) env[variable.name] = expandVariables(value, env);
    }
    return env;
  }

  async #value({ name, value, valueFrom }: EnvVar): Promise<string | undefined> {
    if (valueFrom === undefined) return value ?? '';
    const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom;
    if (secretKeyRef !== undefined) return pick('Secret', secretKeyRef, await this.#secret(secretKeyRef));
    if (configMapKeyRef !== undefined) return pick('ConfigMap', configMapKeyRef, await this.#configMap(configMapKeyRef));
    if (fieldRef !== undefined) return this.#field(fieldRef.fieldPath);
    throw new Error(
      `environment variable ${name} has a source that is not supported outside a cluster: use secretKeyRef, configMapKeyRef or fieldRef`,
    );
  }

  #field(path: string): string {
    const { metadata } = this.#job;
    const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
    if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
    if (path === 'metadata.name') return metadata.name ?? '';
    if (path === 'metadata.namespace') return metadata.namespace ?? '';
    if (path === 'metadata.uid') return metadata.uid ?? '';
    throw new Error(`fieldPath ${path} is not supported outside a cluster: only fields of metadata are`);
  }

  async #secret(ref: { name: string; optional?: boolean }): Promise<Record<string, string>> {
    const secret = await this.#read(() => this.#reader.get(Secret, this.#key(ref.name)), ref.optional);
    const data = Object.fromEntries(
      Object.entries(secret?.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
    );
    this.secrets.push(...Object.values(data));
    return data;
  }

  async #configMap(ref: { name: string; optional?: boolean }): Promise<Record<string, string>> {
    return (await this.#read(() => this.#reader.get(ConfigMap, this.#key(ref.name)), ref.optional))?.data ?? {};
  }

  #key(name: string): { namespace: string | undefined; name: string } {
    return { namespace: this.#job.metadata.namespace, name };
  }

  async #read<T>(get: () => Promise<T>, optional: boolean | undefined): Promise<T | undefined> {
    try {
      return await get();
    } catch (error) {
      if (optional === true && isReason(error, 'NotFound')) return undefined;
      throw error;
    }
  }
}

function pick(
  what: string,
  ref: { name: string; key: string; optional?: boolean },
  data: Record<string, string>,
): string | undefined {
  const value = data[ref.key];
  if (value === undefined && ref.optional !== true) throw new Error(`key "${ref.key}" does not exist in ${what} "${ref.name}"`);
  return value;
}
