import type { IncomingMessage } from 'node:http';
import { ApiError } from '@kargo/api';
import type { Authorizer, UserInfo } from '@kargo/kube';
import { serviceAccountGroups, serviceAccountOf } from '../auth/service-account-user.ts';
import { requireAccess } from './authorization.ts';

const AUTHENTICATION = 'authentication.k8s.io';
const EXTRA = 'impersonate-extra-';
const AUTHENTICATED = 'system:authenticated';

/**
 * The user that a request shall be made as: what its `Impersonate-…` headers name, or its sender. Fails with `Forbidden` unless the sender
 * may impersonate each part, and with `BadRequest` where headers name no user.
 */
export async function impersonated(request: IncomingMessage, sender: UserInfo, authorizer: Authorizer): Promise<UserInfo> {
  const wanted = Object.keys(request.headers).filter((name) => name.startsWith('impersonate-'));
  if (wanted.length === 0) return sender;
  const { headersDistinct } = request;
  const username = headersDistinct['impersonate-user']?.[0] ?? '';
  if (username === '')
    throw new ApiError('BadRequest', 'requested impersonation without naming a user: the header Impersonate-User is missing');
  const may = (
    group: string,
    resource: string,
    name: string,
    more: { namespace?: string; subresource?: string } = {},
  ): Promise<void> => requireAccess(authorizer, sender, { verb: 'impersonate', group, resource, name, ...more });

  const account = serviceAccountOf(username);
  if (account === undefined) await may('', 'users', username);
  else await may('', 'serviceaccounts', account.name, { namespace: account.namespace });
  const groups = headersDistinct['impersonate-group'] ?? [];
  for (const group of groups) await may('', 'groups', group);
  const uid = headersDistinct['impersonate-uid']?.[0];
  if (uid !== undefined) await may(AUTHENTICATION, 'uids', uid);
  const extra: Record<string, readonly string[]> = {};
  for (const header of wanted.filter((name) => name.startsWith(EXTRA))) {
    const key = decodeURIComponent(header.slice(EXTRA.length));
    for (const value of headersDistinct[header] ?? []) await may(AUTHENTICATION, 'userextras', value, { subresource: key });
    extra[key] = headersDistinct[header] ?? [];
  }
  const own = groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : groups;
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: [...new Set([...own, ...(username === 'system:anonymous' ? [] : [AUTHENTICATED])])],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
