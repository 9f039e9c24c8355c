import { ApiError } from '@kargo/api';
import type { AccessAttributes, Authorizer, UserInfo } from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';

/** Answers the questions "who am I" and "may I". Nothing is stored. */
export async function answerReview(review: string, body: unknown, user: UserInfo, authorizer: Authorizer): Promise<object> {
  const question = isObject(body) ? body : {};
  const spec = isObject(question['spec']) ? question['spec'] : {};
  switch (review) {
    case 'SelfSubjectReview':
      return {
        ...question,
        kind: review,
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { creationTimestamp: null },
        status: { userInfo: user },
      };
    case 'SelfSubjectAccessReview':
      return answer(review, question, await decide(spec, user, authorizer));
    case 'SubjectAccessReview':
      return answer(review, question, await decide(spec, subjectOf(spec), authorizer));
    case 'SelfSubjectRulesReview':
      return answer(review, question, await rules(user, authorizer));
    default:
      throw new ApiError('NotFound', `the server could not find the requested resource: ${review}`);
  }
}

function answer(kind: string, question: JsonObject, status: object): object {
  return {
    kind,
    apiVersion: 'authorization.k8s.io/v1',
    metadata: { creationTimestamp: null },
    spec: question['spec'] ?? {},
    status,
  };
}

async function decide(spec: JsonObject, user: UserInfo, authorizer: Authorizer): Promise<object> {
  const { allowed, reason } = await authorizer.authorize(user, attributesOf(spec));
  return { allowed, ...(reason === undefined ? {} : { reason }) };
}

function attributesOf(spec: JsonObject): AccessAttributes {
  const resource = isObject(spec['resourceAttributes']) ? spec['resourceAttributes'] : undefined;
  const path = isObject(spec['nonResourceAttributes']) ? spec['nonResourceAttributes'] : undefined;
  if ((resource === undefined) === (path === undefined))
    throw new ApiError(
      'Invalid',
      'spec: Invalid value: exactly one of resourceAttributes or nonResourceAttributes must be specified',
    );
  const text = (source: JsonObject | undefined, name: string): string => (typeof source?.[name] === 'string' ? source[name] : '');
  return {
    verb: text(resource ?? path, 'verb'),
    group: text(resource, 'group'),
    resource: resource === undefined ? text(path, 'path') : text(resource, 'resource'),
    subresource: text(resource, 'subresource') || undefined,
    namespace: text(resource, 'namespace') || undefined,
    name: text(resource, 'name') || undefined,
  };
}

function subjectOf(spec: JsonObject): UserInfo {
  const username = typeof spec['user'] === 'string' ? spec['user'] : '';
  const groups = Array.isArray(spec['groups']) ? spec['groups'].filter((group) => typeof group === 'string') : [];
  if (username === '' && groups.length === 0)
    throw new ApiError('Invalid', 'spec.user: Invalid value: "": at least one of user or groups must be specified');
  return { username, groups };
}

/** Rules cannot be read out of every authorizer: only who may do everything gets a complete answer. */
async function rules(user: UserInfo, authorizer: Authorizer): Promise<object> {
  const { allowed } = await authorizer.authorize(user, { verb: '*', group: '*', resource: '*' });
  return {
    resourceRules: allowed ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
    nonResourceRules: allowed ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
    incomplete: !allowed,
  };
}
