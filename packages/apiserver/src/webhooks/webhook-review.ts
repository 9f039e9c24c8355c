import { ApiError, apiVersionOf, type Kind, type KubeObject, type Status, type Webhook } from '@kargo/api';
import type { AdmissionRequest, JsonPatchOperation } from '@kargo/kube';
import { isObject } from '../object/json.ts';

/** What a webhook said. */
export interface WebhookAnswer {
  allowed: boolean;
  status: Partial<Status>;
  patch: readonly JsonPatchOperation[] | undefined;
  warnings: readonly string[];
}

/** The text of an `AdmissionReview` that asks about a write, in one version of the kind. */
export function reviewText(uid: string, request: AdmissionRequest, version: Kind): string {
  const { kind, operation, object, old, user, key, dryRun, subresource } = request;
  const { group, plural: resource } = kind;
  const apiVersion = apiVersionOf(version);
  const shown = (it: KubeObject | undefined): KubeObject | null => (it === undefined ? null : { ...it, apiVersion });
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid,
      kind: { group, version: version.version, kind: kind.kind },
      resource: { group, version: version.version, resource },
      requestKind: { group, version: kind.version, kind: kind.kind },
      requestResource: { group, version: kind.version, resource },
      ...(subresource === undefined ? {} : { subResource: subresource, requestSubResource: subresource }),
      name: key.name,
      namespace: key.namespace,
      operation,
      userInfo: user,
      object: operation === 'DELETE' ? null : shown(object),
      oldObject: shown(operation === 'DELETE' ? object : old),
      dryRun,
      options: null,
    },
  });
}

/** Reads an answer. Fails with what is wrong with it. */
export function answerOf(text: string, uid: string): WebhookAnswer {
  const review = parsed(text, 'the answer');
  const response = isObject(review) ? review['response'] : undefined;
  if (!isObject(response)) throw new Error('the answer has no response');
  if (response['uid'] !== uid) throw new Error('the answer is for another request');
  if (typeof response['allowed'] !== 'boolean') throw new Error('the answer does not say whether the write is allowed');
  const { allowed, status, patch, patchType, warnings } = response;
  return {
    allowed,
    status: isObject(status) ? (status as Partial<Status>) : {},
    patch: patch === undefined || patch === null || patch === '' ? undefined : operations(patch, patchType),
    warnings: Array.isArray(warnings) ? warnings.filter((warning) => typeof warning === 'string') : [],
  };
}

function operations(patch: unknown, type: unknown): JsonPatchOperation[] {
  if (type !== 'JSONPatch') throw new Error(`patches of type ${JSON.stringify(type)} are not known`);
  const list = parsed(Buffer.from(String(patch), 'base64').toString(), 'the patch');
  if (!Array.isArray(list) || !list.every(isObject)) throw new Error('the patch is not a list of operations');
  return list as unknown as JsonPatchOperation[];
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The error of the parser quotes the text, which may be that of a Secret.
    throw new Error(`${what} is not JSON`);
  }
}

/** Reasons that go without saying. */
const REASONS: Readonly<Record<number, Status['reason']>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  409: 'Conflict',
  422: 'Invalid',
};

/** Whether a webhook named a code that a refusal can be answered with. */
function isFailure(code: unknown): code is number {
  return Number.isInteger(code) && Number(code) >= 400 && Number(code) < 600;
}

/** The refusal that a webhook asked for; `BadRequest` where it does not say which. */
export function denial({ name }: Webhook, { status }: WebhookAnswer): ApiError {
  const { message = '', reason, details } = status;
  const code = isFailure(status.code) ? status.code : 400;
  const said = message !== '' ? `: ${message}` : (reason ?? '') === '' ? ' without explanation' : `: ${reason}`;
  return ApiError.fromStatus({
    reason: reason ?? REASONS[code] ?? 'Forbidden',
    code,
    ...(details === undefined ? {} : { details }),
    message: `admission webhook "${name}" denied the request${said}`,
  });
}
