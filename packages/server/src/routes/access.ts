import type { AccessAttributes, UserInfo } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { accountUser } from '../access/access.ts';
import { relevantRules, type RelevantRule } from '../access/explain-access.ts';
import { actorOf, type Identity } from '../auth/identity.ts';
import { badRequest } from '../http/http-error.ts';
import { queryList, queryText } from '../http/query.ts';
import { groupFinder } from '../roles/rules.ts';
import type { Routes } from '../route.ts';
import type { Services } from '../services.ts';

const REVIEWS = { group: 'authorization.k8s.io', plural: 'subjectaccessreviews' };
const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'promote', 'update', 'watch'];

/** Who the caller is, and why somebody may or may not do something. */
export const accessRoutes: Routes = (server, services) => {
  server.get('/access/whoami', (request) => describeIdentity(services.identity(request)));

  server.get('/access/explain', async (request) => {
    const attributes = attributesIn(request, services);
    const identity = await subjectIn(request, services);
    const { allowed, reason } = await services.access.decide(identity, attributes);
    const subjects = await services.access.explain(identity, attributes);
    const explained = await Promise.all(
      subjects.map(async (subject) => ({ ...subject, rules: await rulesOf(subject.subject, identity, attributes, services) })),
    );
    return {
      allowed,
      reason: allowed ? reason : (whyNot(attributes, explained) ?? reason),
      request: attributes,
      ...describeIdentity(identity),
      subjects: explained,
    };
  });
};

function describeIdentity(identity: Identity): object {
  const base = { kind: identity.kind, actor: actorOf(identity) };
  if (identity.kind === 'kubernetes')
    return { ...base, username: identity.user.username, groups: identity.user.groups ?? [], accounts: [] };
  if (identity.kind === 'person') return { ...base, claims: identity.claims, accounts: identity.accounts };
  return { ...base, accounts: [] };
}

/** The question: `verb`, `resource` (with its subresource), `name`, `project` or `namespace`. Fails with 400. */
function attributesIn(request: FastifyRequest, { config }: Services): AccessAttributes {
  const verb = queryText(request, 'verb');
  const full = queryText(request, 'resource');
  if (verb === undefined || full === undefined) throw badRequest('the query parameters verb and resource are required');
  if (verb !== '*' && !VERBS.includes(verb)) throw badRequest(`verb ${JSON.stringify(verb)} is not one of ${VERBS.join(', ')}`);
  const [resource = '', subresource] = full.split('/');
  const group = queryText(request, 'group') ?? groupFinder(config.kinds)(resource);
  const kind = config.kinds.find((each) => each.plural === resource && each.group === group);
  const namespace = kind?.scope === 'Cluster' ? undefined : (queryText(request, 'project') ?? queryText(request, 'namespace'));
  return { verb, group, resource, subresource, namespace, name: queryText(request, 'name') };
}

/** Whom the question is about: the caller, or for those who may ask about others, a `role`, `user` or `claims`. */
async function subjectIn(request: FastifyRequest, services: Services): Promise<Identity> {
  const [role, username] = [queryText(request, 'role'), queryText(request, 'user')];
  const claims = queryList(request, 'claim');
  if (role === undefined && username === undefined && claims.length === 0) return services.identity(request);
  await services.require(request, 'create', REVIEWS, {});
  if (role !== undefined) {
    const [namespace, name, more] = role.split('/');
    if (namespace === undefined || name === undefined || name === '' || more !== undefined)
      throw badRequest(`role must be <namespace>/<name>; found ${JSON.stringify(role)}`);
    return { kind: 'kubernetes', user: accountUser({ namespace, name }) };
  }
  if (username !== undefined)
    return { kind: 'kubernetes', user: { username, groups: [...queryList(request, 'userGroup'), 'system:authenticated'] } };
  const given: Record<string, string[]> = {};
  for (const text of claims) {
    const at = text.indexOf('=');
    if (at < 1) throw badRequest(`claim must be <name>=<value>; found ${JSON.stringify(text)}`);
    (given[text.slice(0, at)] ??= []).push(text.slice(at + 1));
  }
  return { kind: 'person', actor: claims.join(','), claims: given, accounts: await services.claims.accountsOf(given) };
}

async function rulesOf(
  subject: string,
  identity: Identity,
  attributes: AccessAttributes,
  { privileged }: Services,
): Promise<RelevantRule[]> {
  if (identity.kind === 'admin' || identity.kind === 'local') return [];
  const user: UserInfo = identity.kind === 'kubernetes' ? identity.user : userOf(subject);
  return relevantRules(user, attributes, privileged);
}

function userOf(subject: string): UserInfo {
  const [namespace = '', name = ''] = subject.split(':').slice(2);
  return accountUser({ namespace, name });
}

/** What is missing, said with the rules that come near. */
function whyNot({ verb, resource, name }: AccessAttributes, subjects: readonly { rules: RelevantRule[] }[]): string | undefined {
  const near = subjects.flatMap(({ rules }) => rules);
  const [first] = near;
  if (first === undefined) return undefined;
  const what = `${resource}${name === undefined ? '' : ` "${name}"`}`;
  const { role, rule } = first;
  const only = (rule.resourceNames ?? []).length === 0 ? '' : ` named ${rule.resourceNames?.join(', ')}`;
  return `nothing allows to ${verb} ${what}: ${role.kind} "${role.name}" allows ${rule.verbs.join(', ')} on ${resource}${only}${near.length === 1 ? '' : `, and ${near.length - 1} more rules do not allow it either`}`;
}
