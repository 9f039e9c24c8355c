/** What people ask of Stages and Promotions by annotation. */

/** `reverify` or `abort` on a Stage: which verification is meant, and who asks. */
export interface VerificationRequest {
  id: string;
  actor?: string | undefined;
  /** Whether the request was written by the control plane itself. */
  controlPlane?: boolean | undefined;
}

/** `abort` on a Promotion. */
export interface AbortRequest {
  action: string;
  actor?: string | undefined;
  controlPlane?: boolean | undefined;
}

/** The one action there is. */
export const ABORT_TERMINATE = 'terminate';

/** Reads a `reverify` or `abort` annotation of a Stage: an id, or JSON. Absent if there is none or it asks for nothing. */
export function decodeVerificationRequest(value: string | undefined): VerificationRequest | undefined {
  const decoded = decode(value, 'id');
  return decoded === undefined ? undefined : { id: decoded.what, ...decoded.rest };
}

/** Reads an `abort` annotation of a Promotion: an action, or JSON. Absent if there is none or it asks for nothing. */
export function decodeAbortRequest(value: string | undefined): AbortRequest | undefined {
  const decoded = decode(value, 'action');
  return decoded === undefined ? undefined : { action: decoded.what, ...decoded.rest };
}

/** The annotation value of a request. */
export function encodeRequest(request: VerificationRequest | AbortRequest): string {
  return JSON.stringify(request);
}

/** Whether two requests are the same in every respect. */
export function isSameRequest(
  a: VerificationRequest | AbortRequest | undefined,
  b: VerificationRequest | AbortRequest | undefined,
): boolean {
  const text = (request: VerificationRequest | AbortRequest | undefined): string =>
    request === undefined
      ? ''
      : JSON.stringify(['id' in request ? request.id : request.action, request.actor ?? '', request.controlPlane === true]);
  return text(a) === text(b);
}

interface Decoded {
  what: string;
  rest: { actor?: string; controlPlane?: boolean };
}

function decode(value: string | undefined, field: 'id' | 'action'): Decoded | undefined {
  if (value === undefined || value === '') return undefined;
  let json: unknown;
  try {
    json = JSON.parse(value);
  } catch (error) {
    if (error instanceof SyntaxError) return { what: value, rest: {} };
    throw error;
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return undefined;
  const { [field]: what, actor, controlPlane } = json as Record<string, unknown>;
  if (typeof what !== 'string' || what === '') return undefined;
  if ((actor !== undefined && typeof actor !== 'string') || (controlPlane !== undefined && typeof controlPlane !== 'boolean'))
    return undefined;
  return { what, rest: { ...(actor === undefined ? {} : { actor }), ...(controlPlane === undefined ? {} : { controlPlane }) } };
}
