import { isReason, type Kind, type Workload } from '@kargo/api';
import type { Clock } from '../../ports/clock.ts';
import type { HttpClientOptions } from './http-client.ts';
import { HttpTransport } from './http-transport.ts';

/** How long it is believed what an API serves, in milliseconds, and how long that it does not serve something. */
const BELIEVED = 5 * 60_000;
const ABSENCE_BELIEVED = 10_000;
const TIMEOUT = 30_000;

interface Resources {
  at: number;
  kinds: ReadonlyMap<string, Kind<Workload>>;
}

/** Which kinds an API serves, as it says itself. */
export class KindDiscovery {
  readonly #transport: HttpTransport;
  readonly #clock: Clock;
  readonly #known = new Map<string, Resources>();

  constructor(options: Pick<HttpClientOptions, 'baseURL' | 'fetch' | 'token'> & { clock: Clock }) {
    this.#transport = new HttpTransport({ ...options, timeout: TIMEOUT });
    this.#clock = options.clock;
  }

  /** The kind that objects with this `apiVersion` and `kind` are of; undefined if the API does not serve it. Fails with `ApiError`. */
  async kindOf(apiVersion: string, kind: string, options: { signal: AbortSignal }): Promise<Kind<Workload> | undefined> {
    const known = this.#known.get(apiVersion);
    const age = known === undefined ? Infinity : this.#clock.now() - known.at;
    const found = known?.kinds.get(kind);
    if (age < (found === undefined ? ABSENCE_BELIEVED : BELIEVED)) return found;
    const kinds = await this.#ask(apiVersion, options.signal);
    const now = this.#clock.now();
    // Manifests may name any number of versions: what is not believed any more is forgotten.
    for (const [each, { at }] of this.#known) if (now - at >= BELIEVED) this.#known.delete(each);
    this.#known.set(apiVersion, { at: now, kinds });
    return kinds.get(kind);
  }

  async #ask(apiVersion: string, signal: AbortSignal): Promise<ReadonlyMap<string, Kind<Workload>>> {
    const root = apiVersion.includes('/') ? '/apis' : '/api';
    const path = `${root}/${apiVersion.split('/').map(encodeURIComponent).join('/')}`;
    let resources: unknown;
    try {
      ({ resources } = ((await this.#transport.json({ method: 'GET', path, signal })) ?? {}) as { resources?: unknown });
    } catch (error) {
      if (isReason(error, 'NotFound')) return new Map();
      throw error;
    }
    const entries = Array.isArray(resources) ? (resources as Partial<ApiResource>[]) : [];
    const names = new Set(entries.map(({ name }) => name));
    return new Map(
      entries.flatMap(({ name, kind, namespaced, singularName }) =>
        name === undefined || kind === undefined || name.includes('/')
          ? []
          : [[kind, kindFrom({ apiVersion, name, kind, namespaced, singularName }, names.has(`${name}/status`))] as const],
      ),
    );
  }
}

interface ApiResource {
  name: string;
  kind: string;
  namespaced?: boolean | undefined;
  singularName?: string | undefined;
}

function kindFrom(
  { apiVersion, name, kind, namespaced, singularName = '' }: ApiResource & { apiVersion: string },
  statusSubresource: boolean,
): Kind<Workload> {
  const [version = '', group = ''] = apiVersion.split('/').toReversed();
  return {
    group,
    version,
    kind,
    plural: name,
    singular: singularName === '' ? kind.toLowerCase() : singularName,
    listKind: `${kind}List`,
    shortNames: [],
    categories: [],
    scope: namespaced === true ? 'Namespaced' : 'Cluster',
    statusSubresource,
    printerColumns: [],
  };
}
