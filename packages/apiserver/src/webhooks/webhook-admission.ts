import {
  ApiError,
  MutatingWebhookConfiguration,
  resourceName,
  ValidatingWebhookConfiguration,
  type Kind,
  type KubeObject,
  type Webhook,
} from '@kargo/api';
import type { AdmissionRequest, Log, Random, WebhookCaller } from '@kargo/kube';
import { jsonPatch } from '../patch/json-patch.ts';
import type { Store } from '../store/store.ts';
import { DEFAULT_TIMEOUT } from './configuration.ts';
import { versionAsked } from './webhook-match.ts';
import { answerOf, denial, reviewText, type WebhookAnswer } from './webhook-review.ts';

/** Where a webhook is reached: its own URL, or that of its Service. */
export type ServiceAddress = (service: NonNullable<Webhook['clientConfig']['service']>) => string;

export interface WebhookPorts {
  store: Store;
  /** Absent: no webhook is called. */
  call: WebhookCaller | undefined;
  /** Where Services are reached. Absent: webhooks that name one are not called. */
  serviceAddress: ServiceAddress | undefined;
  random: Random;
  log: Log;
  /** The versions in which a kind is served. */
  versionsOf: (kind: Kind) => readonly Kind[];
}

const RESOURCES = {
  mutating: resourceName(MutatingWebhookConfiguration),
  validating: resourceName(ValidatingWebhookConfiguration),
} as const;

type Phase = keyof typeof RESOURCES;

interface Asked {
  webhook: Webhook;
  version: Kind;
}

/**
 * The webhooks that users have configured, called as Kubernetes calls them: mutating ones one after the other, in order of their
 * configurations, then validating ones side by side. Writes of the configurations themselves are never asked about, so that a webhook that
 * does not answer can be removed.
 */
export class WebhookAdmission {
  readonly #ports: WebhookPorts;
  readonly #webhooks: Record<Phase, readonly Webhook[]> = { mutating: [], validating: [] };
  readonly #unsubscribe: () => void;

  constructor(ports: WebhookPorts) {
    this.#ports = ports;
    for (const phase of ['mutating', 'validating'] as const) this.#read(phase);
    this.#unsubscribe = ports.store.subscribe((events) => {
      for (const phase of ['mutating', 'validating'] as const)
        if (events.some(({ resource }) => resource === RESOURCES[phase])) this.#read(phase);
    });
  }

  close(): void {
    this.#unsubscribe();
  }

  /** Whether any webhook may change what is written. */
  mutates(request: AdmissionRequest): boolean {
    return this.#asked('mutating', request).length > 0;
  }

  /** Lets webhooks change `request.object`. Returns their warnings. Fails with the refusal of one, or because one did not answer. */
  async mutate(request: AdmissionRequest): Promise<string[]> {
    const warnings: string[] = [];
    for (const webhook of this.#webhooks.mutating) {
      const [asked] = this.#among([webhook], request);
      if (asked === undefined) continue;
      const answer = await this.#ask(asked, request);
      if (answer === undefined) continue;
      warnings.push(...answer.warnings);
      if (answer.patch !== undefined && request.operation !== 'DELETE')
        request.object = this.#patched(webhook, request, answer.patch);
    }
    return warnings;
  }

  /** Asks webhooks whether they allow a write. Returns their warnings. Fails as {@link mutate} does. */
  async validate(request: AdmissionRequest): Promise<string[]> {
    // What is deleted is not changed first, but may be refused by those who change things too.
    const before = request.operation === 'DELETE' ? await this.mutate(request) : [];
    const answers = await Promise.all(this.#asked('validating', request).map((asked) => this.#ask(asked, request)));
    return [...before, ...answers.flatMap((answer) => [...(answer?.warnings ?? [])])];
  }

  /** What to tell who configures webhooks that are not called. */
  warnings({ kind, object }: AdmissionRequest): string[] {
    const { call, serviceAddress } = this.#ports;
    if (!Object.values<string>(RESOURCES).includes(resourceName(kind)) || (call !== undefined && serviceAddress !== undefined))
      return [];
    return ((object as KubeObject & { webhooks?: Webhook[] }).webhooks ?? [])
      .filter(({ clientConfig }) => clientConfig.service !== undefined)
      .map(
        ({ name }) =>
          `webhook "${name}" is not called: here are no Services to reach it through; give its address as clientConfig.url`,
      );
  }

  #read(phase: Phase): void {
    const { store, call, serviceAddress } = this.#ports;
    const configurations = store.list(RESOURCES[phase]).map(({ object }) => object as KubeObject & { webhooks?: Webhook[] });
    this.#webhooks[phase] =
      call === undefined
        ? []
        : configurations
            .flatMap(({ webhooks = [] }) => webhooks)
            .filter(({ clientConfig }) => clientConfig.url !== undefined || serviceAddress !== undefined);
  }

  #asked(phase: Phase, request: AdmissionRequest): Asked[] {
    return this.#webhooks[phase].length === 0 ? [] : this.#among(this.#webhooks[phase], request);
  }

  #among(webhooks: readonly Webhook[], request: AdmissionRequest): Asked[] {
    if (Object.values<string>(RESOURCES).includes(resourceName(request.kind))) return [];
    const versions = this.#ports.versionsOf(request.kind);
    return webhooks.flatMap((webhook) => {
      const version = versionAsked(webhook, request, versions, this.#ports.store);
      return version === undefined ? [] : [{ webhook, version }];
    });
  }

  /** Undefined for a webhook that failed and may. */
  async #ask({ webhook, version }: Asked, request: AdmissionRequest): Promise<WebhookAnswer | undefined> {
    const { call, random, log } = this.#ports;
    if (request.dryRun && webhook.sideEffects !== 'None' && webhook.sideEffects !== 'NoneOnDryRun')
      throw new ApiError('BadRequest', `admission webhook "${webhook.name}" does not support dry run`);
    let answer: WebhookAnswer;
    try {
      if (call === undefined) throw new Error('programmer error: webhooks without a way to call them');
      const uid = random.uuid();
      const text = await call({
        ...this.#reached(webhook),
        body: reviewText(uid, request, version),
        timeout: (webhook.timeoutSeconds ?? DEFAULT_TIMEOUT) * 1000,
      });
      answer = answerOf(text, uid);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (webhook.failurePolicy === 'Ignore') {
        log.warn({ webhook: webhook.name, kind: request.kind.kind, ...request.key, why }, 'a webhook failed and was ignored');
        return undefined;
      }
      throw new ApiError('InternalError', `Internal error occurred: failed calling webhook "${webhook.name}": ${why}`, { cause });
    }
    if (!answer.allowed) throw denial(webhook, answer);
    return answer;
  }

  #reached({ clientConfig }: Webhook): { url: string; serverName?: string; ca?: string } {
    const { url, service, caBundle = '' } = clientConfig;
    const ca = caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64').toString() };
    if (service === undefined) return { url: url ?? '', ...ca };
    const address = this.#ports.serviceAddress?.(service) ?? '';
    return { url: `${address}${service.path ?? '/'}`, serverName: `${service.name}.${service.namespace}.svc`, ...ca };
  }

  #patched(webhook: Webhook, { object, kind, operation }: AdmissionRequest, patch: Parameters<typeof jsonPatch>[1]): KubeObject {
    let patched: KubeObject;
    try {
      patched = jsonPatch(object, patch) as KubeObject;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new ApiError(
        'InternalError',
        `Internal error occurred: the patch of admission webhook "${webhook.name}" does not fit: ${why}`,
        { cause },
      );
    }
    if (!sameIdentity(patched, object, operation === 'CREATE'))
      throw new ApiError(
        'InternalError',
        `Internal error occurred: admission webhook "${webhook.name}" changed which object is written: kind, name, namespace and versions of a ${kind.kind} are not its to change`,
      );
    return patched;
  }
}

const SERVER_METADATA = ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp'] as const;

/** Who creates an object may be given another name for it. */
function sameIdentity(now: KubeObject, before: KubeObject, isNew: boolean): boolean {
  return (
    now?.apiVersion === before.apiVersion &&
    now.kind === before.kind &&
    typeof now.metadata === 'object' &&
    now.metadata.namespace === before.metadata.namespace &&
    (isNew || now.metadata.name === before.metadata.name) &&
    SERVER_METADATA.every((field) => now.metadata[field] === before.metadata[field])
  );
}
