/** The embedded API with all rules of admission in force, on virtual time. For tests. */
import {
  allKinds,
  apiVersionOf,
  ApiError,
  Freight,
  type Kind,
  type KubeObject,
  Project,
  Promotion,
  Stage,
  ulidGenerator,
  Warehouse,
} from '@kargo/api';
import { openApiServer, SYSTEM_ADMIN } from '@kargo/apiserver';
import { type Client, seededRandom, silentLog, type UserInfo, VirtualClock } from '@kargo/kube';
import { eventRecorder } from '../../events/recorder.ts';
import { admissionRules } from '../admission-rules.ts';
import type { AdmissionDeps } from '../deps.ts';

export const KIM: UserInfo = { username: 'kim', groups: ['system:authenticated'] };
export const IMAGE = 'ghcr.io/acme/web';

export interface AdmissionWorld {
  /** The control plane. */
  system: Client;
  /** A person. */
  kim: Client;
  clock: VirtualClock;
  /** Stages that kim may not promote to. */
  denied: Set<string>;
  close(): Promise<void>;
}

/** A world with Project `shop`, which has a Warehouse `app` that subscribes to {@link IMAGE}. */
export async function admissionWorld(more: Partial<AdmissionDeps> = {}): Promise<AdmissionWorld> {
  const clock = new VirtualClock('2026-01-01T10:00:00Z');
  const random = seededRandom(1);
  const api = openApiServer({ path: ':memory:', kinds: allKinds, clock, random });
  const system = api.client();
  const denied = new Set<string>();
  const events = eventRecorder({ client: system, clock, random, log: silentLog, component: 'webhook' });
  api.setAdmission(
    admissionRules({
      client: system,
      clock,
      random,
      authorizer: {
        authorize: (user, { name = '' }) =>
          Promise.resolve({ allowed: user.username === SYSTEM_ADMIN.username || !denied.has(name) }),
      },
      ulid: ulidGenerator({ now: () => clock.now(), random: () => random.next() }),
      isControlPlane: ({ username }) => username === SYSTEM_ADMIN.username,
      events: { freight: events, promotion: events },
      steps: new Set(['git-clone', 'git-push', 'argocd-update']),
      ...more,
    }),
  );
  await system.create(Project, object(Project, { name: 'shop' }));
  await system.create(Warehouse, warehouse('app', [{ image: { repoURL: IMAGE } }]));
  return { system, kim: api.client(KIM), clock, denied, close: () => api.close() };
}

/** An object of a kind with these fields. */
export function object<T extends KubeObject>(kind: Kind<T>, metadata: T['metadata'], fields: object = {}): T {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind, metadata, ...fields } as T;
}

export const warehouse = (name: string, subscriptions: Warehouse['spec']['subscriptions']): Warehouse =>
  object(Warehouse, { name, namespace: 'shop' }, { spec: { subscriptions } });

export const stage = (name: string, spec: Partial<Stage['spec']> = {}): Stage =>
  object(
    Stage,
    { name, namespace: 'shop' },
    {
      spec: {
        requestedFreight: [{ origin: { kind: 'Warehouse', name: 'app' }, sources: { direct: true } }],
        promotionTemplate: { spec: { steps: [{ uses: 'git-clone' }] } },
        ...spec,
      },
    },
  );

export const freight = (tag: string, fields: Partial<Freight> = {}): Freight =>
  object(
    Freight,
    { namespace: 'shop' },
    {
      origin: { kind: 'Warehouse', name: 'app' },
      images: [{ repoURL: IMAGE, tag, digest: 'sha256:00' }],
      ...fields,
    },
  );

export const promotion = (spec: Partial<Promotion['spec']>, metadata: Promotion['metadata'] = {}): Promotion =>
  object(Promotion, { namespace: 'shop', generateName: 'promo-', ...metadata }, { spec: { stage: 'test', ...spec } });

/** What a refused call was refused with: its code, and the field and text of each problem. */
export async function refusal(call: Promise<unknown>): Promise<{ code: number; problems: string[] }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const causes = error.details?.causes ?? [];
    return {
      code: error.code,
      problems: causes.length === 0 ? [error.message] : causes.map(({ field, message }) => `${field}: ${message}`),
    };
  }
  return { code: 0, problems: [] };
}
