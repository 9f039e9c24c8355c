/** Admission: rules that see every write before it is stored; the same rules run embedded and as webhooks on a cluster. */
import type { FieldError, Kind, KubeObject, ObjectKey } from '@kargo/api';

export interface UserInfo {
  username: string;
  uid?: string | undefined;
  groups?: readonly string[] | undefined;
  extra?: Record<string, readonly string[]> | undefined;
}

export interface AdmissionRequest<T extends KubeObject = KubeObject> {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  kind: Kind<T>;
  key: ObjectKey;
  /** What is to be stored; for DELETE, what is to go. A private copy: mutating rules change it in place. */
  object: T;
  /** The stored object (UPDATE, DELETE). */
  old?: T | undefined;
  subresource?: 'status' | undefined;
  user: UserInfo;
  dryRun: boolean;
}

/**
 * Rules of one kind. `mutate` runs first and may change `request.object`; the schema is checked in between; `validate` returns every
 * problem at once. Either may throw an `ApiError` to refuse with another status. Warnings go to the caller unless it is refused.
 */
export interface AdmissionRules<T extends KubeObject = KubeObject> {
  kind: Kind<T>;
  operations: readonly AdmissionRequest['operation'][];
  /** Whether writes of the status subresource pass through. Default false. */
  status?: boolean;
  mutate?(request: AdmissionRequest<T>): void | Promise<void>;
  validate?(request: AdmissionRequest<T>): readonly FieldError[] | Promise<readonly FieldError[]>;
  warnings?(request: AdmissionRequest<T>): readonly string[];
  /** Runs after the write is durable; failures are logged. */
  after?(request: AdmissionRequest<T>): void | Promise<void>;
}

/** Whether a user may do something: answered by SubjectAccessReview on a cluster, by the embedded API itself otherwise. */
export interface Authorizer {
  authorize(user: UserInfo, attributes: AccessAttributes): Promise<{ allowed: boolean; reason?: string }>;
}

export interface AccessAttributes {
  verb: string;
  /** A path outside of the resources, such as `/version`; `group` and `resource` are empty then. */
  path?: string | undefined;
  group: string;
  resource: string;
  subresource?: string | undefined;
  namespace?: string | undefined;
  name?: string | undefined;
}
