import { allKinds, ApiError, isReason, Namespace, type KubeObject, type Kind, labels, ulidGenerator } from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN } from '@kargo/apiserver';
import { admissionRules, eventRecorder } from '@kargo/controllers';
import { seededRandom, silentLog, VirtualClock, type Client } from '@kargo/kube';
import { stepRegistry } from '@kargo/promotion';

/** What a server says against an object. */
export interface Refusal {
  /** Empty: the object as a whole. */
  field: string;
  message: string;
}

/** Kinds whose rules need nothing that only a running installation has. */
const RULED: ReadonlySet<string> = new Set([
  'Project',
  'ProjectConfig',
  'ClusterConfig',
  'Warehouse',
  'Stage',
  'PromotionTask',
  'ClusterPromotionTask',
]);

/** Schemas, their rules and admission, as a server applies them: a server in memory, which lives as long as the check. */
export class ManifestsServer implements AsyncDisposable {
  readonly client: Client;
  readonly #close: () => Promise<void>;
  readonly #namespaces = new Set<string>();

  constructor(now: number) {
    const clock = new VirtualClock(now);
    const random = seededRandom(now);
    const server = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
    this.client = server.client();
    this.#close = async () => server.close();
    const events = eventRecorder({ client: this.client, clock, random, log: silentLog, component: 'lint' });
    const rules = admissionRules({
      client: this.client,
      clock,
      random,
      ulid: ulidGenerator({ now: () => clock.now(), random: () => random.next() }),
      authorizer: { authorize: async () => ({ allowed: true }) },
      isControlPlane: ({ username }) => username === SYSTEM_ADMIN.username,
      steps: new Set(stepRegistry().keys()),
      events: { freight: events, promotion: events },
    });
    server.setAdmission(rules.filter(({ kind }) => RULED.has(kind.kind)));
  }

  /** Makes a namespace that belongs to a Project, unless it is there. */
  async ensureProject(name: string): Promise<void> {
    if (this.#namespaces.has(name)) return;
    this.#namespaces.add(name);
    const metadata = { name, labels: { [labels.project]: 'true' } };
    try {
      await this.client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata });
    } catch (error) {
      // A Project brings its namespace along.
      if (!isReason(error, 'AlreadyExists')) throw error;
    }
  }

  /** Stores an object, or tells everything the server has against it. */
  async create(kind: Kind, object: KubeObject): Promise<Refusal[]> {
    try {
      await this.client.create(kind, object, { fieldValidation: 'Strict' });
      return [];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const causes = error.details?.causes ?? [];
      if (causes.length === 0) return [{ field: '', message: error.message }];
      return causes.map(({ field = '', message = error.message }) => ({ field, message }));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
