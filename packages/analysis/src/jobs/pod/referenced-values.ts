import { ConfigMap, isReason, Secret, type Workload } from '@kargo/api';
import type { Reader } from '@kargo/kube';

/** A reference to a Secret or ConfigMap of the Job's namespace. */
export interface NamedReference {
  name: string;
  optional?: boolean | undefined;
}

/** Reads the values that a Pod refers to, once each, remembering which of them are secret. */
export class ReferencedValues {
  readonly secrets: string[] = [];
  readonly #job: Workload;
  readonly #reader: Reader;
  readonly #read = new Map<string, Promise<Record<string, Uint8Array>>>();

  constructor(job: Workload, reader: Reader) {
    this.#job = job;
    this.#reader = reader;
  }

  /** The values of a Secret or ConfigMap as texts. Fails if it does not exist, unless the reference is optional. */
  async texts(kind: 'Secret' | 'ConfigMap', reference: NamedReference): Promise<Record<string, string>> {
    const bytes = await this.bytes(kind, reference);
    return Object.fromEntries(Object.entries(bytes).map(([key, value]) => [key, new TextDecoder().decode(value)]));
  }

  /** As {@link texts}, as they are. */
  bytes(kind: 'Secret' | 'ConfigMap', { name, optional }: NamedReference): Promise<Record<string, Uint8Array>> {
    const id = `${kind}/${name}/${optional === true}`;
    const known = this.#read.get(id);
    if (known !== undefined) return known;
    const reading = kind === 'Secret' ? this.#secret(name, optional) : this.#configMap(name, optional);
    this.#read.set(id, reading);
    return reading;
  }

  /** A field of the Job's metadata. Fails for any other path. */
  field(path: string): string {
    const { metadata } = this.#job;
    const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
    if (keyed !== null) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
    if (path === 'metadata.name') return metadata.name ?? '';
    if (path === 'metadata.namespace') return metadata.namespace ?? '';
    if (path === 'metadata.uid') return metadata.uid ?? '';
    throw new Error(`fieldPath ${path} is not supported outside a cluster: only fields of metadata are`);
  }

  async #secret(name: string, optional: boolean | undefined): Promise<Record<string, Uint8Array>> {
    const secret = await absentIfOptional(() => this.#reader.get(Secret, this.#key(name)), optional);
    const data = decoded(secret?.data);
    this.secrets.push(...Object.values(data).map((value) => new TextDecoder().decode(value)));
    return data;
  }

  async #configMap(name: string, optional: boolean | undefined): Promise<Record<string, Uint8Array>> {
    const map = await absentIfOptional(() => this.#reader.get(ConfigMap, this.#key(name)), optional);
    const texts = Object.entries(map?.data ?? {}).map(([key, value]) => [key, new TextEncoder().encode(value)] as const);
    return { ...Object.fromEntries(texts), ...decoded(map?.binaryData) };
  }

  #key(name: string): { namespace: string | undefined; name: string } {
    return { namespace: this.#job.metadata.namespace, name };
  }
}

function decoded(data: Record<string, string> | undefined): Record<string, Uint8Array> {
  return Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [key, new Uint8Array(Buffer.from(value, 'base64'))]),
  );
}

async function absentIfOptional<T>(get: () => Promise<T>, optional: boolean | undefined): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (optional === true && isReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
