import { ClusterConfig, WebhookDelivery } from '@kargo/api';
import {
  additions,
  fields,
  flag,
  list,
  listing,
  object,
  reading,
  ref,
  text,
  texts,
  whole,
  type Operation,
  type Operations,
  type Parameter,
} from './operation.ts';
import { CLUSTER_DEFAULT, CLUSTER_RESOURCES, PROJECT_DEFAULT, PROJECT_RESOURCES } from '../views/viewed.ts';

const P = '/projects/:project';

/** One stream of several sorts of objects. */
const view = (id: string, summary: string, kinds: readonly string[], usual: readonly string[]): Operation => ({
  id,
  summary,
  tag: 'Views',
  query: {
    kinds: { doc: `Which sorts of objects; ${usual.join(', ')} if absent`, schema: list({ type: 'string', enum: kinds }) },
    resourceVersion: {
      doc: 'The id of the last frame, or the version of lists: what came after it is wanted. Without it, everything there is comes first',
      schema: text,
    },
    fields,
  },
  answers: { 200: 'events' },
  // What the caller may not see is left out.
  needs: [],
});

const lintFinding = object(
  {
    index: { ...whole, description: 'Which of the objects, from 0' },
    field: { ...text, description: 'Where in it: spec.steps[0].config.path' },
    offset: { ...whole, description: 'Where in the text there' },
    severity: { type: 'string', enum: ['error', 'warning'] },
    code: text,
    message: text,
    suggestion: text,
  },
  ['index', 'field', 'severity', 'code', 'message'],
);

const choice = object({ freight: text, freightAlias: text, origin: text });

const explaining = (id: string, kind: string, needs: Operation['needs']): Operation => ({
  id,
  summary: `Why a ${kind} does not move, what would move it, who can, and when at the earliest`,
  tag: kind,
  kind,
  answers: { 200: { schema: { type: 'object' } } },
  needs,
});

/** What webhook receivers got: of a Project, or of the cluster. */
const deliveries = (below: string, of: 'Project' | 'System'): Operations => {
  const path = `${below}/webhook-deliveries`;
  const query = { receiver: { doc: 'Name of the receiver', schema: text } };
  return {
    [`GET ${path}`]: listing(`List${of}WebhookDeliveries`, WebhookDelivery, 'What was delivered to webhook receivers', { query }),
    [`GET ${path}/:delivery`]: reading(`Get${of}WebhookDelivery`, WebhookDelivery, 'One delivery, and what came of it'),
    [`POST ${path}/:delivery/replay`]: {
      id: `Replay${of}WebhookDelivery`,
      summary: 'Handles a delivery again, as things are now',
      tag: WebhookDelivery.kind,
      kind: WebhookDelivery.kind,
      answers: { 200: { schema: ref(WebhookDelivery.kind) } },
      needs: ['get webhookdeliveries', 'update webhookdeliveries'],
    },
  };
};

const auditQuery: Readonly<Record<string, Parameter>> = {
  actor: { doc: 'Who, as in the entries', schema: text },
  operation: { doc: 'Name of the operation', schema: text },
  kind: { doc: 'Kind of the object', schema: text },
  name: { doc: 'Name of the object', schema: text },
  result: { doc: 'How it ended', schema: { type: 'string', enum: ['done', 'refused', 'failed'] } },
  since: { doc: 'From this time on (RFC 3339)', schema: text },
  until: { doc: 'Before this time (RFC 3339)', schema: text },
  limit: { doc: 'Most entries, 1,000 at most; 100 if absent', schema: whole },
  continue: { doc: 'What `continue` of the page before said', schema: text },
};
const auditList = object({ items: list(ref('AuditEntry')), continue: text }, ['items']);

const tokens = object({ idToken: text, refreshToken: text }, ['idToken']);
const keptByBrowser = { state: text, nonce: text, codeVerifier: text };

/** How the UI signs people in at the identity provider. */
const signIn: Operations = {
  'POST /login/sso/begin': {
    id: 'BeginSignIn',
    summary: 'Where to send a browser to sign in at the identity provider, and what it has to keep until it comes back',
    tag: 'System',
    body: object({ redirectUri: text }, ['redirectUri']),
    answers: {
      200: {
        schema: object({ authorizationUrl: text, ...keptByBrowser }, ['authorizationUrl', 'state', 'nonce', 'codeVerifier']),
      },
    },
    needs: [],
    open: true,
  },
  'POST /login/sso/complete': {
    id: 'CompleteSignIn',
    summary: 'The tokens of a person whom the identity provider sent back',
    tag: 'System',
    body: object({ callback: text, ...keptByBrowser }, ['callback', 'state', 'nonce', 'codeVerifier']),
    answers: { 200: { schema: tokens } },
    needs: [],
    open: true,
  },
  'POST /login/sso/renew': {
    id: 'RenewSignIn',
    summary: 'A new ID token for a refresh token',
    tag: 'System',
    body: object({ refreshToken: text }, ['refreshToken']),
    answers: { 200: { schema: tokens } },
    needs: [],
    open: true,
  },
};

/** Operations that Kargo's own description does not have. */
export const additionalOperations: Operations = additions({
  'GET /openapi.json': {
    id: 'GetOpenAPI',
    summary: 'This API, as an OpenAPI 3.1 document',
    tag: 'System',
    answers: { 200: { schema: { type: 'object' } } },
    needs: [],
    open: true,
  },
  'GET /cluster-config': { ...reading('WatchClusterConfig', ClusterConfig, 'Another path of the configuration of all Projects') },
  ...signIn,
  'GET /watch': view(
    'WatchCluster',
    'What is above Projects, and its changes, in one stream',
    CLUSTER_RESOURCES,
    CLUSTER_DEFAULT,
  ),
  [`POST ${P}/lint`]: {
    id: 'LintManifests',
    summary: 'What is wrong or odd about manifests, with what is in the Project beside them. Nothing is written',
    tag: 'Resources',
    body: 'manifests',
    answers: { 200: { schema: object({ findings: list(lintFinding) }, ['findings']) } },
    needs: ['list stages', 'list warehouses'],
  },
  [`GET ${P}/watch`]: view(
    'WatchProject',
    'Everything that a screen about a Project shows, and its changes, in one stream',
    PROJECT_RESOURCES,
    PROJECT_DEFAULT,
  ),
  'GET /access/whoami': {
    id: 'WhoAmI',
    summary: 'Who the caller is, and which roles that leads to',
    tag: 'Access',
    answers: { 200: { schema: ref('Caller') } },
    needs: [],
  },
  'GET /access/explain': {
    id: 'ExplainAccess',
    summary: 'Whether somebody may do something, and which rule says so. About others only for those who may review access',
    tag: 'Access',
    query: {
      verb: { doc: 'What is done', schema: text, required: true },
      resource: { doc: 'To which sort of objects, with the subresource after a slash', schema: text, required: true },
      group: { doc: 'API group of the resource, where several have one of that name', schema: text },
      project: { doc: 'In which Project', schema: text },
      namespace: { doc: 'In which namespace, where that is no Project', schema: text },
      name: { doc: 'To which object', schema: text },
      role: { doc: 'About a role: <namespace>/<name>', schema: text },
      user: { doc: 'About a user of the Kubernetes API', schema: text },
      userGroup: { doc: 'Groups of that user', schema: texts },
      claim: { doc: 'About a person with these claims: <name>=<value>', schema: texts },
    },
    answers: { 200: { schema: ref('AccessExplanation') } },
    needs: [],
  },
  'GET /system/audit-log': {
    id: 'ListAuditLog',
    summary: 'Who did what, newest first',
    tag: 'Audit',
    query: { project: { doc: 'In which Project', schema: text }, ...auditQuery },
    answers: { 200: { schema: auditList } },
    needs: ['list auditlogs'],
  },
  'GET /system/audit-log/export': {
    id: 'ExportAuditLog',
    summary: 'The same in full, one entry of JSON a line',
    tag: 'Audit',
    query: { project: { doc: 'In which Project', schema: text }, ...auditQuery },
    answers: { 200: { text: 'application/x-ndjson' } },
    needs: ['list auditlogs'],
  },
  [`GET ${P}/audit-log`]: {
    id: 'ListProjectAuditLog',
    summary: 'Who did what in a Project, newest first',
    tag: 'Audit',
    query: auditQuery,
    answers: { 200: { schema: auditList } },
    needs: ['list auditlogs'],
  },
  [`GET ${P}/audit-log/export`]: {
    id: 'ExportProjectAuditLog',
    summary: 'The same in full, one entry of JSON a line',
    tag: 'Audit',
    query: auditQuery,
    answers: { 200: { text: 'application/x-ndjson' } },
    needs: ['list auditlogs'],
  },
  [`GET ${P}/credentials/explain`]: {
    id: 'ExplainCredentials',
    summary: 'Which Secret is used for a repository, and why that one',
    tag: 'RepoCredentials',
    query: {
      repoURL: { doc: 'The repository', schema: text, required: true },
      type: { doc: 'What sort it is; git if absent', schema: { type: 'string', enum: ['git', 'helm', 'image'] } },
    },
    answers: { 200: { schema: { type: 'object' } } },
    needs: ['list secrets'],
  },
  [`POST ${P}/stages/:stage/promotions/preview`]: {
    id: 'PreviewPromotion',
    summary: 'What a promotion would do, to the byte; nothing is done',
    tag: 'Promotion',
    kind: 'Stage',
    body: choice,
    answers: { 200: { schema: { type: 'object' } } },
    needs: ['get stages', 'promote stages', 'get freights'],
  },
  [`POST ${P}/stages/:stage/promotions/planned`]: {
    id: 'PromoteAsPlanned',
    summary: 'Promotes exactly as a preview has shown, or refuses because something has moved',
    tag: 'Promotion',
    kind: 'Stage',
    body: object({ plan: { type: 'object' } }, ['plan']),
    answers: { 201: { schema: ref('Promotion') } },
    needs: ['get stages', 'promote stages', 'get freights', 'create promotions'],
  },
  [`GET ${P}/stages/:stage/explain`]: explaining('ExplainStage', 'Stage', [
    'get stages',
    'list freights',
    'list promotions',
    'get projectconfigs',
  ]),
  [`GET ${P}/promotions/:promotion/explain`]: explaining('ExplainPromotion', 'Promotion', [
    'get promotions',
    'get stages',
    'get freights',
    'list promotions',
  ]),
  [`GET ${P}/promotions/:promotion/logs`]: {
    id: 'ListPromotionLogs',
    summary: 'Which steps of a promotion have logs, and how much of them is kept',
    tag: 'Promotion',
    kind: 'Promotion',
    answers: {
      200: {
        schema: object({ steps: list(object({ step: text, from: whole, next: whole }, ['step', 'from', 'next'])) }, ['steps']),
      },
    },
    needs: ['get promotions'],
  },
  [`GET ${P}/promotions/:promotion/steps/:step/logs`]: {
    id: 'GetPromotionStepLogs',
    summary: 'What a step of a promotion did and said',
    tag: 'Promotion',
    kind: 'Promotion',
    query: {
      follow: { doc: 'With true, the answer goes on until the step has ended', schema: flag },
      from: { doc: 'Offset in bytes to begin at', schema: whole },
    },
    answers: { 200: 'events' },
    needs: ['get promotions'],
  },
  [`GET ${P}/freight/:nameOrAlias/explain`]: explaining('ExplainFreight', 'Freight', ['get freights', 'list stages']),
  ...deliveries(P, 'Project'),
  ...deliveries('/system', 'System'),
  [`GET ${P}/warehouses/:warehouse/explain`]: explaining('ExplainWarehouse', 'Warehouse', ['get warehouses']),
});
