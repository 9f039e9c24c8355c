import { ApiError, invalid, keyOf, resourceName, type FieldError, type Kind, type KubeObject, type Status } from '@kargo/api';
import { schemaCache, validationContext } from '@kargo/apiserver';
import { clone, type AdmissionRequest, type AdmissionRules, type Log, type UserInfo } from '@kargo/kube';
import { jsonPatch } from './json-patch.ts';

export const REVIEW_VERSION = 'admission.k8s.io/v1';

/** What the API server of a cluster asks about a write (`admission.k8s.io/v1`). */
export interface ReviewRequest {
  uid: string;
  resource: { group: string; version: string; resource: string };
  subResource?: string;
  name?: string;
  namespace?: string;
  operation: string;
  userInfo: UserInfo;
  object?: KubeObject | null;
  oldObject?: KubeObject | null;
  dryRun?: boolean;
}

export interface ReviewResponse {
  uid: string;
  allowed: boolean;
  status?: Partial<Status>;
  /** Base64 of a JSON patch. */
  patch?: string;
  patchType?: 'JSONPatch';
  warnings?: string[];
}

export type ReviewPhase = 'mutate' | 'validate';

/** Answers reviews. Never rejects: what fails is an answer that does not allow the write. */
export type Reviewer = (phase: ReviewPhase, request: ReviewRequest) => Promise<ReviewResponse>;

/**
 * Answers reviews by admission rules: the same that the embedded API has in force. What rules do after a write happens at the end of
 * validation, unless it is a dry run: nobody tells a webhook of the write itself.
 */
export function reviewer(rules: readonly AdmissionRules[], log: Log): Reviewer {
  const schemaOf = schemaCache(validationContext());
  const matching = (request: ReviewRequest): AdmissionRules[] =>
    rules.filter(
      ({ kind, operations, status }) =>
        kind.group === request.resource.group &&
        kind.plural === request.resource.resource &&
        (operations as readonly string[]).includes(request.operation) &&
        ((request.subResource ?? '') === '' || (request.subResource === 'status' && status === true)),
    );

  return async (phase, request) => {
    const { uid } = request;
    const found = matching(request);
    const [first] = found;
    if (first === undefined) return { uid, allowed: true };
    const structural = (object: KubeObject, old: KubeObject | undefined): FieldError[] =>
      schemaOf(first.kind as Kind).validate(object, old);
    let admission: AdmissionRequest | undefined;
    try {
      admission = admissionRequest(request, first.kind as Kind);
      return phase === 'mutate' ? await mutated(request, admission, found) : await validated(request, admission, found, log);
    } catch (error) {
      if (error instanceof ApiError) return refusal(uid, error);
      // Rules are written for well-formed objects: what a rule trips over is reported as what is wrong with the object.
      const errors = admission === undefined ? [] : structural(admission.object, admission.old);
      if (admission !== undefined && errors.length > 0)
        return refusal(uid, invalid(first.kind as Kind, admission.object.metadata.name ?? '', errors));
      const why = error instanceof Error ? error.message : String(error);
      log.error({ kind: first.kind.kind, operation: request.operation, error: why }, 'an admission rule failed');
      return refusal(uid, new ApiError('InternalError', `admission of the ${first.kind.kind} failed: ${why}`));
    }
  };
}

function admissionRequest(request: ReviewRequest, kind: Kind): AdmissionRequest {
  const { operation, object, oldObject, subResource, userInfo, dryRun = false } = request;
  const subject = operation === 'DELETE' ? oldObject : object;
  if (subject === undefined || subject === null || typeof subject.metadata !== 'object')
    throw new ApiError('BadRequest', `the review of a ${operation} of ${resourceName(kind)} carries no object`);
  const copy = clone(subject) as KubeObject;
  // The API server fills these in only later, or says them beside the object.
  if (kind.scope === 'Namespaced' && (request.namespace ?? '') !== '') copy.metadata.namespace ??= request.namespace;
  const key = keyOf(copy);
  return {
    operation: operation as AdmissionRequest['operation'],
    kind,
    key,
    object: copy,
    ...(oldObject === undefined || oldObject === null ? {} : { old: oldObject }),
    ...(subResource === 'status' ? { subresource: 'status' as const } : {}),
    user: userInfo,
    dryRun,
  };
}

async function mutated(
  { uid, object }: ReviewRequest,
  request: AdmissionRequest,
  rules: readonly AdmissionRules[],
): Promise<ReviewResponse> {
  for (const rule of rules) await rule.mutate?.(request);
  if (object === undefined || object === null) return { uid, allowed: true };
  const operations = jsonPatch(object, request.object);
  if (operations.length === 0) return { uid, allowed: true };
  return {
    uid,
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
  };
}

async function validated(
  { uid }: ReviewRequest,
  request: AdmissionRequest,
  rules: readonly AdmissionRules[],
  log: Log,
): Promise<ReviewResponse> {
  const errors: FieldError[] = [];
  for (const rule of rules) errors.push(...((await rule.validate?.(request)) ?? []));
  if (errors.length > 0) return refusal(uid, invalid(request.kind, request.object.metadata.name ?? '', errors));
  const warnings = rules.flatMap((rule) => [...(rule.warnings?.(request) ?? [])]);
  if (!request.dryRun)
    for (const rule of rules) {
      try {
        await rule.after?.(request);
      } catch (error) {
        log.error({ kind: request.kind.kind, ...request.key, error }, 'work after an admission failed');
      }
    }
  return { uid, allowed: true, ...(warnings.length === 0 ? {} : { warnings }) };
}

function refusal(uid: string, error: ApiError): ReviewResponse {
  const { code, message, reason, details } = error.toStatus();
  return { uid, allowed: false, status: { code, message, reason, ...(details === undefined ? {} : { details }) } };
}
