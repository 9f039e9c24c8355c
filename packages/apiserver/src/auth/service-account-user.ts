import type { ObjectKey } from '@kargo/api';
import type { UserInfo } from '@kargo/kube';

const PREFIX = 'system:serviceaccount:';

/** The username of a ServiceAccount. */
export function serviceAccountName({ namespace, name }: ObjectKey): string {
  return `${PREFIX}${namespace ?? ''}:${name}`;
}

/** The ServiceAccount that a username stands for, if it does. */
export function serviceAccountOf(username: string): { namespace: string; name: string } | undefined {
  const [namespace, name, more] = username.startsWith(PREFIX) ? username.slice(PREFIX.length).split(':') : [];
  return namespace === undefined || name === undefined || more !== undefined || namespace === '' || name === ''
    ? undefined
    : { namespace, name };
}

/** The groups that a ServiceAccount is in. */
export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}

/** A ServiceAccount as a user. */
export function serviceAccountUser(key: { namespace: string; name: string }, uid: string | undefined): UserInfo {
  return {
    username: serviceAccountName(key),
    ...(uid === undefined ? {} : { uid }),
    groups: serviceAccountGroups(key.namespace),
  };
}
