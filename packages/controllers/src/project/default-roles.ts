/** The roles for people that every Project has from the start. */
import { annotations, type PolicyRule, type Project } from '@kargo/api';
import { EVERYTHING, MANAGED, READ, rule } from './rbac-objects.ts';

export type DefaultRoleName = 'kargo-admin' | 'kargo-promoter' | 'kargo-viewer';
export const DEFAULT_ROLES: readonly DefaultRoleName[] = ['kargo-admin', 'kargo-viewer', 'kargo-promoter'];

const CORE = '';
const RBAC = 'rbac.authorization.k8s.io';
const KARGO = 'kargo.akuity.io';
const ARGO = 'argoproj.io';

const ALL = EVERYTHING;
const PROMOTE = ['promote'] as const;

interface Row {
  group: string;
  resources: readonly string[];
  admin: readonly string[];
  promoter: readonly string[];
  viewer: readonly string[];
}

const TABLE: readonly Row[] = [
  { group: CORE, resources: ['events'], admin: READ, promoter: READ, viewer: READ },
  { group: CORE, resources: ['configmaps', 'serviceaccounts'], admin: ALL, promoter: READ, viewer: READ },
  { group: CORE, resources: ['secrets'], admin: ALL, promoter: [], viewer: [] },
  { group: RBAC, resources: ['rolebindings', 'roles'], admin: ALL, promoter: READ, viewer: READ },
  {
    group: KARGO,
    resources: ['freights', 'warehouses', 'projectconfigs', 'promotiontasks'],
    admin: ALL,
    promoter: READ,
    viewer: READ,
  },
  { group: KARGO, resources: ['stages'], admin: [...ALL, ...PROMOTE], promoter: [...READ, ...PROMOTE], viewer: READ },
  { group: KARGO, resources: ['targets'], admin: ALL, promoter: [], viewer: READ },
  // Deliveries may hold what others told in confidence.
  { group: KARGO, resources: ['webhookdeliveries'], admin: ['delete', ...READ, 'update'], promoter: [], viewer: [] },
  // No kind: what the REST API asks about its audit trail.
  { group: KARGO, resources: ['auditlogs'], admin: ['list'], promoter: [], viewer: [] },
  {
    group: KARGO,
    resources: ['promotions'],
    admin: ['create', 'delete', 'patch', ...READ],
    promoter: ['create', ...READ],
    viewer: READ,
  },
  { group: KARGO, resources: ['freights/status'], admin: ['patch'], promoter: ['patch'], viewer: [] },
  { group: ARGO, resources: ['analysisruns'], admin: ['delete', ...READ], promoter: READ, viewer: READ },
  { group: ARGO, resources: ['analysistemplates'], admin: ALL, promoter: READ, viewer: READ },
];

const COLUMNS: Readonly<Record<DefaultRoleName, 'admin' | 'promoter' | 'viewer'>> = {
  'kargo-admin': 'admin',
  'kargo-promoter': 'promoter',
  'kargo-viewer': 'viewer',
};

/** What a default role allows in its Project. */
export function defaultRoleRules(name: DefaultRoleName): PolicyRule[] {
  const column = COLUMNS[name];
  return TABLE.flatMap(({ group, resources, [column]: verbs }) =>
    verbs.length === 0 ? [] : resources.map((resource) => rule(group, resource, verbs)),
  );
}

/** Annotations of the ServiceAccounts of default roles: whoever created the Project, through Kargo, has all of them. */
export function defaultRoleNotes({ metadata }: Project): Record<string, string> {
  const actor = metadata.annotations?.[annotations.createActor] ?? '';
  const colon = actor.indexOf(':');
  if (colon < 0 || actor.startsWith('kubernetes:')) return { ...MANAGED };
  // Somebody without another name is known by the claim `sub`, whatever actors call it.
  const claim = actor.slice(0, colon) === 'subject' ? 'sub' : actor.slice(0, colon);
  return { ...MANAGED, [annotations.rbacClaims]: JSON.stringify({ [claim]: [actor.slice(colon + 1)] }) };
}
