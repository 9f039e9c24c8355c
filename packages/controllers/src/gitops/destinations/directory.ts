/** A folder of this machine: rendered manifests are written there, for whatever deploys them from there. */
import type { Application, Kind, KubeObject, Workload } from '@kargo/api';
import type { Folder } from '@kargo/integrations';
import { parse, stringify } from 'yaml';
import type { Comparison } from '../compare.ts';
import { assumedKind, describeObject, type Manifest } from '../manifest.ts';
import type { ApplyOptions, ApplyResult, Destination, LiveObject } from './port.ts';
import { trackedBy } from './tracking.ts';

const MAX_FILE_BYTES = 10_000_000;
/** Files, and bytes of them, that one destination may hold. */
const LIMITS = { files: 5_000, bytes: 200_000_000 };
const CLUSTER_SCOPED = '_cluster';
const PLAIN_MODE = 0o644;
const SECRET_MODE = 0o600;

/** Writes one file for each object below `path` of a folder: `NAMESPACE/Kind.group-NAME.yaml`. Files that no Application wrote are let be. */
export class DirectoryDestination implements Destination {
  readonly title: string;
  readonly simulated = false;
  readonly runsHooks = false;
  readonly #folder: Folder;
  readonly #path: string;
  readonly #limits: { files: number; bytes: number };
  /** What was found at the last look, by object. */
  #seen = new Map<string, Workload>();

  constructor({
    title,
    folder,
    path,
    limits = LIMITS,
  }: {
    title: string;
    folder: Folder;
    path: string;
    limits?: { files: number; bytes: number };
  }) {
    this.#limits = limits;
    this.title = title;
    this.#folder = folder;
    this.#path = path;
  }

  kindOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Promise<Kind<Workload>> {
    return Promise.resolve(assumedKind(object));
  }

  async live(_app: Application, id: string, manifests: readonly Manifest[]): Promise<LiveObject[]> {
    this.#seen = new Map();
    const wanted = new Set(manifests.map(({ object }) => describeObject(object)));
    const out: LiveObject[] = [];
    let left = this.#limits.bytes;
    for (const file of await this.#files()) {
      left -= (await this.#folder.stat(file))?.size ?? 0;
      if (left < 0) throw this.#tooLarge(`${this.#limits.bytes / 1_000_000} MB of manifests`);
      const object = await this.#read(file);
      if (object === undefined) continue;
      this.#seen.set(describeObject(object), object);
      const owners = trackedBy(object);
      if (owners.includes(id) || (owners.length === 0 && wanted.has(describeObject(object))))
        out.push({ kind: assumedKind(object), object });
    }
    return out;
  }

  sharedWith(id: string, manifests: readonly Manifest[]): { object: string; owner: string }[] {
    return manifests.flatMap(({ object }) => {
      const live = this.#seen.get(describeObject(object));
      const [owner] = live === undefined ? [] : trackedBy(live);
      return owner === undefined || owner === id ? [] : [{ object: describeObject(object), owner }];
    });
  }

  /** A file becomes exactly what is desired. */
  predicted(pairs: readonly { manifest: Manifest }[]): Promise<ReadonlyMap<string, Workload>> {
    return Promise.resolve(new Map(pairs.map(({ manifest: { object } }) => [describeObject(object), desiredOf(object)])));
  }

  find({ object }: { object: KubeObject }): Promise<Workload | undefined> {
    return this.#read(this.#fileOf(object));
  }

  async apply({ target, live }: Comparison, { dryRun }: ApplyOptions): Promise<ApplyResult> {
    if (target === undefined) throw new Error('programmer error: there is nothing to apply');
    const file = this.#fileOf(target);
    if (!dryRun)
      await this.#folder.writeFile(file, stringify(desiredOf(target), { sortMapEntries: true, lineWidth: 0 }), {
        mode: target.kind === 'Secret' && target.apiVersion === 'v1' ? SECRET_MODE : PLAIN_MODE,
      });
    return { status: 'Synced', message: `${file} ${live === undefined ? 'created' : 'written'}` };
  }

  async prune({ live }: Comparison): Promise<ApplyResult> {
    if (live !== undefined) await this.#folder.remove(this.#fileOf(live));
    return { status: 'Pruned', message: 'pruned' };
  }

  ensureNamespaces(): Promise<void> {
    return Promise.resolve();
  }

  /** What is written is all that can be known. */
  healthOf(): undefined {
    return undefined;
  }

  #fileOf({ apiVersion, kind, metadata }: KubeObject): string {
    const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0] ?? ''}` : '';
    return this.#at(
      `${fileName(metadata.namespace ?? CLUSTER_SCOPED)}/${fileName(`${kind}${group}`)}-${fileName(metadata.name ?? '')}.yaml`,
    );
  }

  #at(path: string): string {
    return this.#path === '' ? path : `${this.#path}/${path}`;
  }

  async #files(): Promise<string[]> {
    if (this.#path !== '' && !(await this.#folder.exists(this.#path))) return [];
    const out: string[] = [];
    for (const { name: namespace, type } of await this.#folder.list(this.#path)) {
      if (type !== 'directory') continue;
      for (const { name, type: kind } of await this.#folder.list(this.#at(namespace)))
        if (kind === 'file' && name.endsWith('.yaml')) out.push(this.#at(`${namespace}/${name}`));
      if (out.length > this.#limits.files) throw this.#tooLarge(`${this.#limits.files} manifests`);
    }
    return out.toSorted();
  }

  #tooLarge(what: string): Error {
    return new Error(
      `it holds more than ${what}, which would all have to be read at every look: give Applications folders of their own, such as ${this.title}/NAME`,
    );
  }

  async #read(file: string): Promise<Workload | undefined> {
    if (!(await this.#folder.exists(file))) return undefined;
    const text = new TextDecoder().decode(await this.#folder.readFile(file, { maxBytes: MAX_FILE_BYTES }));
    let value: unknown;
    try {
      value = parse(text);
    } catch {
      return undefined; // Not one of ours, or spoilt by somebody: it is written anew when it is wanted.
    }
    const { apiVersion, kind, metadata } = (typeof value === 'object' && value !== null ? value : {}) as Partial<KubeObject>;
    const isObject = typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string';
    return isObject ? (value as Workload) : undefined;
  }
}

function desiredOf(object: Workload): Workload {
  const { status: _status, ...desired } = object;
  return desired as Workload;
}

/** A name as part of a path: names of some kinds hold characters that file systems take amiss. */
function fileName(name: string): string {
  const safe = name.replaceAll(/[^A-Za-z0-9._-]/g, (character) => encodeURIComponent(character).replaceAll('*', '%2A'));
  return /^\.+$/.test(safe) ? safe.replaceAll('.', '%2E') : safe;
}
