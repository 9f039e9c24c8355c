import { ApiError, type PolicyRule } from '@kargo/api';
import type { AccessAttributes, Authorizer, UserInfo } from '@kargo/kube';
import { ISSUER, type ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { isObject, type JsonObject } from '../object/json.ts';

export interface ReviewPorts {
  authorizer: Authorizer;
  /** Everything a user may do in a namespace; absent where the authorizer cannot say. */
  rulesFor: ((user: UserInfo, namespace: string | undefined) => readonly PolicyRule[]) | undefined;
  tokens: ServiceAccountTokens;
  /** Whose token this is, apart from those of ServiceAccounts. */
  tokenUser: (token: string) => Promise<UserInfo | undefined>;
}

/** A question about access or identity, and who asks. */
export interface ReviewCall {
  review: string;
  /** The namespace in the path. */
  namespace: string | undefined;
  body: unknown;
  user: UserInfo;
}

/** Answers questions such as "who am I", "may I" and "whose token is this". Nothing is stored. */
export async function answerReview({ review, namespace, body, user }: ReviewCall, ports: ReviewPorts): Promise<object> {
  const question = isObject(body) ? body : {};
  const spec = isObject(question['spec']) ? question['spec'] : {};
  const { authorizer } = ports;
  switch (review) {
    case 'SelfSubjectReview':
      return {
        ...question,
        kind: review,
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { creationTimestamp: null },
        status: { userInfo: user },
      };
    case 'TokenReview':
      return {
        kind: review,
        apiVersion: 'authentication.k8s.io/v1',
        metadata: { creationTimestamp: null },
        // The token itself is not sent back: answers end up in logs.
        spec: { audiences: spec['audiences'] },
        status: await tokenStatus(spec, ports),
      };
    case 'SelfSubjectAccessReview':
      return answer(review, question, await decide(spec, user, authorizer));
    case 'SubjectAccessReview':
      return answer(review, question, await decide(spec, subjectOf(spec), authorizer));
    case 'LocalSubjectAccessReview':
      return answer(review, question, await decide(local(spec, namespace), subjectOf(spec), authorizer));
    case 'SelfSubjectRulesReview':
      return answer(review, question, await rules(spec, user, ports));
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
  if (path !== undefined) return { verb: text(path, 'verb'), path: text(path, 'path'), group: '', resource: '' };
  return {
    verb: text(resource, 'verb'),
    group: text(resource, 'group'),
    resource: text(resource, 'resource'),
    subresource: text(resource, 'subresource') || undefined,
    namespace: text(resource, 'namespace') || undefined,
    name: text(resource, 'name') || undefined,
  };
}

/** The question in a namespace is about that namespace. */
function local(spec: JsonObject, namespace: string | undefined): JsonObject {
  const attributes = isObject(spec['resourceAttributes']) ? spec['resourceAttributes'] : undefined;
  if (attributes === undefined || (attributes['namespace'] ?? '') !== (namespace ?? ''))
    throw new ApiError(
      'Invalid',
      `spec.resourceAttributes.namespace: Invalid value: must be the namespace of the review, ${JSON.stringify(namespace ?? '')}`,
    );
  return spec;
}

function subjectOf(spec: JsonObject): UserInfo {
  const username = typeof spec['user'] === 'string' ? spec['user'] : '';
  const groups = texts(spec['groups']);
  if (username === '' && groups.length === 0)
    throw new ApiError('Invalid', 'spec.user: Invalid value: "": at least one of user or groups must be specified');
  return { username, groups };
}

async function tokenStatus(spec: JsonObject, { tokens, tokenUser }: ReviewPorts): Promise<object> {
  const token = typeof spec['token'] === 'string' ? spec['token'] : '';
  if (token === '') throw new ApiError('Invalid', 'spec.token: Required value');
  const asked = texts(spec['audiences']);
  const audiences = asked.length === 0 ? [ISSUER] : asked;
  const verified = tokens.verify(token, audiences);
  if (verified !== undefined) return { authenticated: true, user: verified.user, audiences: verified.audiences };
  const user = audiences.includes(ISSUER) ? await tokenUser(token) : undefined;
  return user === undefined
    ? { authenticated: false, user: {}, error: 'the token is not known here, has expired or is meant for others' }
    : { authenticated: true, user, audiences: [ISSUER] };
}

async function rules(spec: JsonObject, user: UserInfo, { authorizer, rulesFor }: ReviewPorts): Promise<object> {
  const namespace = typeof spec['namespace'] === 'string' ? spec['namespace'] : '';
  if (namespace === '') throw new ApiError('BadRequest', 'no namespace on request');
  const held = rulesFor?.(user, namespace);
  if (held !== undefined) {
    const paths = held.filter(({ nonResourceURLs }) => (nonResourceURLs?.length ?? 0) > 0);
    return { resourceRules: held.filter((rule) => !paths.includes(rule)), nonResourceRules: paths, incomplete: false };
  }
  // Rules cannot be read out of every authorizer: only who may do everything gets a complete answer.
  const { allowed } = await authorizer.authorize(user, { verb: '*', group: '*', resource: '*' });
  return {
    resourceRules: allowed ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }] : [],
    nonResourceRules: allowed ? [{ verbs: ['*'], nonResourceURLs: ['*'] }] : [],
    incomplete: !allowed,
  };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
