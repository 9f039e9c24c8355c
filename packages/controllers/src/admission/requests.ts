import {
  type AbortRequest,
  annotations,
  decodeAbortRequest,
  decodeVerificationRequest,
  encodeRequest,
  isSameRequest,
  kubernetesActor,
  type KubeObject,
  type VerificationRequest,
} from '@kargo/api';
import type { AdmissionRequest } from '@kargo/kube';
import { setAnnotation } from './shard-label.ts';

type Decode = (value: string | undefined) => VerificationRequest | AbortRequest | undefined;

/** Notes on new reverify and abort requests of a Stage who asks. */
export function enrichVerificationRequests(request: AdmissionRequest, isControlPlane: boolean): void {
  enrich(request, annotations.reverify, decodeVerificationRequest, isControlPlane);
  enrich(request, annotations.abort, decodeVerificationRequest, isControlPlane);
}

/** Notes on a new abort request of a Promotion who asks. */
export function enrichAbortRequest(request: AdmissionRequest, isControlPlane: boolean): void {
  enrich(request, annotations.abort, decodeAbortRequest, isControlPlane);
}

/** A request that is as it was, or asks for nothing, stays as it is. */
function enrich({ object, old, user }: AdmissionRequest, key: string, decode: Decode, isControlPlane: boolean): void {
  const valueOf = (of: KubeObject | undefined): string | undefined => of?.metadata.annotations?.[key];
  const asked = decode(valueOf(object));
  if (asked === undefined || isSameRequest(asked, decode(valueOf(old)))) return;
  const { controlPlane: _, ...request } = asked;
  const enriched = isControlPlane ? { ...request, controlPlane: true } : { ...request, actor: kubernetesActor(user.username) };
  setAnnotation(object, key, encodeRequest(enriched as VerificationRequest | AbortRequest));
}
