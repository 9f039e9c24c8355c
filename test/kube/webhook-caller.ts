/** Asks webhooks as the API server of a cluster does: by their configurations, over TLS, trusting nothing but their bundle. */
import { request } from 'node:https';
import { randomUUID } from 'node:crypto';
import {
  allKinds,
  ApiError,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
  type Kind,
  type Status,
  type Webhook,
} from '@kargo/api';
import type { AdmissionRequest, AdmissionRules, Client, JsonPatchOperation } from '@kargo/kube';

interface Response {
  uid: string;
  allowed: boolean;
  status?: Partial<Status>;
  patch?: string;
  patchType?: string;
  warnings?: string[];
}

export interface CallOptions {
  /** Where the Service of the webhooks leads to, now. */
  port: () => number;
  /** Called with every body that is sent. */
  sent?: (body: string) => void;
}

/** Admission by the webhooks whose configurations are stored in an API. */
export async function webhookAdmission(client: Client, options: CallOptions): Promise<AdmissionRules[]> {
  const mutating = (await client.list(MutatingWebhookConfiguration)).items.flatMap(({ webhooks = [] }) => webhooks);
  const validating = (await client.list(ValidatingWebhookConfiguration)).items.flatMap(({ webhooks = [] }) => webhooks);
  const first = mutating.map((webhook) => rulesOf(webhook, { mutate: (asked) => mutate(webhook, asked, options) }));
  const warnings = new WeakMap<AdmissionRequest, string[]>();
  const then = validating.map((webhook) =>
    rulesOf(webhook, {
      validate: async (asked) => {
        warnings.set(asked, (await ask(webhook, asked, options)).warnings ?? []);
        return [];
      },
      warnings: (asked) => warnings.get(asked) ?? [],
    }),
  );
  return [...first, ...then];
}

function rulesOf(webhook: Webhook, parts: Pick<AdmissionRules, 'mutate' | 'validate' | 'warnings'>): AdmissionRules {
  const [rule] = webhook.rules ?? [];
  const kind = allKinds.find(({ group, plural }) => rule?.apiGroups[0] === group && rule.resources.includes(plural)) as Kind;
  const status = rule?.resources.includes(`${kind.plural}/status`) === true;
  return { kind, operations: rule?.operations as AdmissionRules['operations'], status, ...parts };
}

async function mutate(webhook: Webhook, asked: AdmissionRequest, options: CallOptions): Promise<void> {
  const { patch, patchType } = await ask(webhook, asked, options);
  if (patch === undefined) return;
  if (patchType !== 'JSONPatch') throw new Error(`patch of type ${patchType}`);
  for (const operation of JSON.parse(Buffer.from(patch, 'base64').toString()) as JsonPatchOperation[])
    apply(asked.object, operation);
}

function apply(object: object, { op, path, value }: JsonPatchOperation): void {
  const keys = path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  const last = keys.pop() ?? '';
  let at = object as Record<string, unknown>;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  if (op === 'remove') delete at[last];
  else at[last] = value;
}

async function ask(webhook: Webhook, asked: AdmissionRequest, { port, sent }: CallOptions): Promise<Response> {
  const { kind, operation, object, old, user, key, dryRun, subresource } = asked;
  const { group, version, plural: resource } = kind;
  const uid = randomUUID();
  const body = JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: { group, version, kind: kind.kind },
      resource: { group, version, resource },
      requestKind: { group, version, kind: kind.kind },
      requestResource: { group, version, resource },
      ...(subresource === undefined ? {} : { subResource: subresource }),
      name: key.name,
      namespace: key.namespace,
      operation,
      userInfo: user,
      object: operation === 'DELETE' ? null : object,
      oldObject: old ?? null,
      dryRun,
      options: null,
    },
  });
  sent?.(body);
  const { service, caBundle = '' } = webhook.clientConfig;
  const answer = await post({
    port: port(),
    path: service?.path ?? '/',
    servername: `${service?.name}.${service?.namespace}.svc`,
    ca: Buffer.from(caBundle, 'base64').toString(),
    body,
  });
  const { response } = JSON.parse(answer) as { response: Response };
  if (response.uid !== uid) throw new Error('the response is for another request');
  if (response.allowed) return response;
  const { message = '', ...status } = response.status ?? {};
  throw ApiError.fromStatus({ ...status, message: `admission webhook "${webhook.name}" denied the request: ${message}` });
}

export interface Post {
  port: number;
  path: string;
  servername: string;
  ca: string;
  body: string;
  contentType?: string;
}

/** Posts over a new connection. Fails when the server cannot be trusted, or does not answer with 200. */
export function post({ port, path, servername, ca, body, contentType = 'application/json' }: Post): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
    const sent = request({ host: '127.0.0.1', port, path, servername, ca, method: 'POST', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`HTTP ${response.statusCode}: ${text}`)),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
