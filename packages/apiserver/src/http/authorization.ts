import { ApiError, resourceName } from '@kargo/api';
import type { AccessAttributes, Authorizer, UserInfo } from '@kargo/kube';

/** Members of `system:masters` may do everything, others nothing. */
export const mastersOnly: Authorizer = {
  authorize: async ({ groups = [] }) =>
    groups.includes('system:masters')
      ? { allowed: true }
      : { allowed: false, reason: 'only members of system:masters have access' },
};

/** Fails with `Forbidden`, worded as Kubernetes words it. */
export async function requireAccess(authorizer: Authorizer, user: UserInfo, attributes: AccessAttributes): Promise<void> {
  const { allowed, reason } = await authorizer.authorize(user, attributes);
  if (!allowed) throw refused(user, attributes, reason);
}

function refused({ username }: UserInfo, attributes: AccessAttributes, reason: string | undefined): ApiError {
  const why = reason === undefined ? '' : `: ${reason}`;
  const { verb, path, group, resource, subresource, namespace, name } = attributes;
  if (path !== undefined)
    return new ApiError('Forbidden', `forbidden: User "${username}" cannot ${verb} path ${JSON.stringify(path)}${why}`, {
      details: {},
    });
  const full = `${resource}${subresource === undefined ? '' : `/${subresource}`}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  const what = `${resourceName({ group, plural: resource })}${name === undefined ? '' : ` "${name}"`}`;
  return new ApiError(
    'Forbidden',
    `${what} is forbidden: User "${username}" cannot ${verb} resource "${full}" in API group "${group}" ${where}${why}`,
    { details: { group, kind: resource, name } },
  );
}
