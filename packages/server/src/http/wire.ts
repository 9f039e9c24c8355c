/**
 * What of an object goes over the wire. The reference CLI refuses objects with a field that the published description of the API does not
 * have, so it gets exactly the described fields. Everybody else gets all there is. Secrets never leave in clear.
 */
import { clone } from '@kargo/kube';
import type { KubeObject } from '@kargo/api';
import type { FastifyRequest } from 'fastify';
import { fieldSelection } from './fields.ts';

const REDACTED = '*** REDACTED ***';
const TOKEN_TYPE = 'kubernetes.io/service-account-token';
const CRED_TYPE = 'kargo.akuity.io/cred-type';
/** Keys of repository credentials that are no secrets. */
const SHOWN_KEYS = new Set(['repoURL', 'repoURLIsRegex', 'username']);
/** Annotations of Secrets that are shown. */
const SHOWN_ANNOTATIONS = new Set([
  'kargo.akuity.io/description',
  'kargo.akuity.io/replicate-to',
  'kubernetes.io/service-account.name',
  'rbac.kargo.akuity.io/managed',
]);

/** Status fields of a Stage beyond the description. */
const EXTRA_STAGE_STATUS = ['phase', 'processedPromotions', 'processedPromotionsUntil'] as const;

/** Prepares objects for one request. */
export type Wire = <T extends KubeObject>(object: T) => T;

/** How objects look to the caller of this request. */
export function wireOf(request: FastifyRequest): Wire {
  const strict = isStrictReader(request);
  const select = fieldSelection(request);
  return (object) => {
    const shown = object.kind === 'Secret' ? redactSecret(object) : object;
    return select(strict ? described(shown) : shown);
  };
}

/** Whether the caller refuses fields it does not know: the reference CLI does; ours says that it is ours. */
function isStrictReader(request: FastifyRequest): boolean {
  return request.headers['x-kargo-cli-version'] !== undefined && request.headers['x-kargo-client'] === undefined;
}

type Fields = Record<string, unknown>;

function described<T extends KubeObject>(object: T): T {
  if (object.kind !== 'Stage' && object.kind !== 'Freight' && object.kind !== 'Promotion') return object;
  const out = clone(object) as T & { status?: Fields; spec?: Fields };
  dropHealthCheckCommits(out);
  if (object.kind === 'Stage' && out.status !== undefined) {
    for (const field of EXTRA_STAGE_STATUS) delete out.status[field];
    const health = out.status['health'] as Fields | undefined;
    delete health?.['argoCDApps'];
    delete health?.['relapses'];
    for (const name of ['currentPromotion', 'lastPromotion'])
      delete ((out.status[name] as Fields | undefined)?.['status'] as Fields | undefined)?.['supersededBy'];
  }
  if (object.kind === 'Stage') {
    delete (out.spec?.['verification'] as Fields | undefined)?.['onFailure'];
    delete out.spec?.['promotionOrder'];
  }
  if (object.kind === 'Freight')
    for (const approval of Object.values((out.status?.['approvedFor'] ?? {}) as Record<string, Fields>))
      delete approval['approvedBy'];
  if (object.kind === 'Promotion') delete out.status?.['supersededBy'];
  if (object.kind === 'Promotion' && out.spec !== undefined) out.spec['steps'] ??= [];
  return out;
}

/** `healthCheckCommit` stands in commits, and commits stand wherever Freight is referred to. */
function dropHealthCheckCommits(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) dropHealthCheckCommits(item);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === 'commits' && Array.isArray(item)) for (const commit of item as Fields[]) delete commit['healthCheckCommit'];
    // What steps put out is theirs, whatever it is called.
    else if (key !== 'state' && key !== 'spec') dropHealthCheckCommits(item);
  }
}

/** A Secret with a token of a ServiceAccount, without what makes the token one. */
export function redactToken<T extends KubeObject>(secret: T): T {
  const copy = clone(secret) as T & { data?: Record<string, string>; stringData?: unknown };
  copy.data = { ...copy.data, token: Buffer.from(REDACTED).toString('base64') };
  delete copy.stringData;
  delete copy.metadata.managedFields;
  return copy;
}

/** A Secret without its secrets: keys stay, values do not. */
export function redactSecret<T extends KubeObject>(secret: T): T {
  const { data, stringData, ...rest } = secret as T & { data?: Fields; stringData?: Fields };
  if ((rest as { type?: unknown }).type === TOKEN_TYPE) return redactToken(secret);
  const { labels, annotations } = secret.metadata;
  const type = labels?.[CRED_TYPE];
  const isRepository = type === 'git' || type === 'helm' || type === 'image';
  const shown: Record<string, string> = {};
  for (const [key, value] of Object.entries(data ?? {}))
    shown[key] = isRepository && SHOWN_KEYS.has(key) ? Buffer.from(String(value), 'base64').toString('utf8') : REDACTED;
  for (const [key, value] of Object.entries(stringData ?? {}))
    shown[key] = isRepository && SHOWN_KEYS.has(key) ? String(value) : REDACTED;
  const shownAnnotations = Object.fromEntries(
    Object.entries(annotations ?? {}).map(([key, value]) => [key, SHOWN_ANNOTATIONS.has(key) ? value : REDACTED]),
  );
  const { managedFields: _managedFields, ...metadata } = secret.metadata;
  return {
    ...rest,
    metadata: { ...metadata, ...(annotations === undefined ? {} : { annotations: shownAnnotations }) },
    stringData: shown,
  } as unknown as T;
}
