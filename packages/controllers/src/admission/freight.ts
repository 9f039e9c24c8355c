import {
  annotations,
  conflict,
  type FieldError,
  forbidden,
  Freight,
  freightName,
  collectionIncludes,
  isTerminalPromotionPhase,
  keyOf,
  kubernetesActor,
  labels,
  Namespace,
  Promotion,
  Stage,
  Warehouse,
} from '@kargo/api';
import { type AdmissionRequest, type AdmissionRules, timestamp } from '@kargo/kube';
import { recordApproval } from '../events/announcers.ts';
import { type AdmissionDeps, find } from './deps.ts';
import { duplicate, notFoundValue, required } from './field-errors.ts';
import { generateAlias, isAliasTaken } from './freight-alias.ts';
import { artifactProblems, hasArtifacts, immutabilityProblems } from './freight-artifacts.ts';
import { projectProblems } from './project-check.ts';
import { setAnnotation, setLabel } from './shard-label.ts';

type FreightDeps = Pick<AdmissionDeps, 'client' | 'clock' | 'random' | 'isControlPlane' | 'events'>;

/** Rules of Freight. */
export function freightRules(deps: FreightDeps): AdmissionRules<Freight> {
  return {
    kind: Freight,
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    status: true,
    mutate: (request) => (request.subresource === 'status' ? noteApprovers(deps, request) : mutate(deps, request)),
    validate(request) {
      if (request.subresource === 'status') return [];
      switch (request.operation) {
        case 'CREATE':
          return createProblems(deps, request.object);
        case 'UPDATE':
          return updateProblems(deps, request);
        case 'DELETE':
          return deletionProblems(deps, request.object);
      }
    },
    after: (request) => announceApprovals(deps, request),
  };
}

/**
 * Approvals say who gave them, and when, which is never later than now. What they said before stays: with another time, it would be told of
 * once more, in the name of whoever gave it.
 */
function noteApprovers({ clock, isControlPlane }: FreightDeps, { object, old, user }: AdmissionRequest<Freight>): void {
  if (isControlPlane(user)) return;
  const before = old?.status?.approvedFor ?? {};
  for (const [stage, approval] of Object.entries(object.status?.approvedFor ?? {})) {
    const known = Object.hasOwn(before, stage) ? before[stage] : undefined;
    const now = clock.now();
    const isPast = approval.approvedAt !== undefined && Date.parse(approval.approvedAt) <= now;
    const given = { approvedBy: kubernetesActor(user.username), approvedAt: isPast ? approval.approvedAt : timestamp(now) };
    const { approvedBy, approvedAt } = known ?? given;
    if (approvedBy === undefined) delete approval.approvedBy;
    else approval.approvedBy = approvedBy;
    if (approvedAt === undefined) delete approval.approvedAt;
    else approval.approvedAt = approvedAt;
  }
}

async function mutate(
  { client, clock, random, isControlPlane }: FreightDeps,
  { operation, object, old, user }: AdmissionRequest<Freight>,
): Promise<void> {
  const { freightCreator } = annotations;
  if (operation === 'UPDATE') setAnnotation(object, freightCreator, old?.metadata.annotations?.[freightCreator]);
  if (operation === 'CREATE') {
    const isForOther = object.metadata.annotations?.[freightCreator] !== undefined && !isControlPlane(user);
    if (isForOther) setAnnotation(object, freightCreator, kubernetesActor(user.username));
    object.metadata.name = freightName(object);
    if (object.alias === undefined || object.alias === '') {
      object.alias = object.metadata.labels?.[labels.alias] ?? (await generateAlias(client, random));
    }
  }
  object.discoveredAt ??= object.metadata.creationTimestamp ?? timestamp(clock.now());
  setLabel(object, labels.alias, object.alias);
}

async function createProblems({ client }: FreightDeps, freight: Freight): Promise<FieldError[]> {
  const { namespace } = freight.metadata;
  const out = await projectProblems(client, freight);
  if (!hasArtifacts(freight))
    out.push(required('', 'Freight must hold at least one artifact: a commit, an image, a chart or another'));
  if (freight.alias !== undefined && freight.alias !== '' && (await isAliasTaken(client, freight.alias, { namespace })))
    out.push(duplicate('alias', freight.alias, 'already used by another piece of Freight'));
  const warehouse = await find(client, Warehouse, { namespace, name: freight.origin.name });
  if (warehouse === undefined) return [...out, notFoundValue('origin.name', freight.origin.name, 'there is no such Warehouse')];
  return [...out, ...(hasArtifacts(freight) ? artifactProblems(freight, warehouse) : [])];
}

async function updateProblems({ client }: FreightDeps, { object, old }: AdmissionRequest<Freight>): Promise<FieldError[]> {
  if (old === undefined) return [];
  const { namespace, name } = object.metadata;
  const { alias = '' } = object;
  if (alias !== '' && alias !== old.alias && (await isAliasTaken(client, alias, { namespace, except: name })))
    throw conflict(Freight, keyOf(object), `alias "${alias}" is already used by another piece of Freight`);
  return immutabilityProblems(old, object);
}

/** Freight that is deployed or on its way stays, unless the whole Project goes. */
async function deletionProblems({ client }: FreightDeps, freight: Freight): Promise<FieldError[]> {
  const { namespace = '', name = '' } = freight.metadata;
  const project = await find(client, Namespace, { name: namespace });
  if (project === undefined || project.metadata.deletionTimestamp !== undefined) return [];
  const { items } = await client.list(Stage, { namespace });
  const stages = items
    .filter(
      ({ metadata, status }) => metadata.deletionTimestamp === undefined && collectionIncludes(status?.freightHistory?.[0], name),
    )
    .map(({ metadata }) => metadata.name ?? '');
  if (stages.length > 0)
    throw forbidden(
      Freight,
      keyOf(freight),
      `it is in use by ${stages.length === 1 ? 'Stage' : 'Stages'} ${stages.join(', ')}; promote other Freight there first`,
    );
  const { items: promotions } = await client.list(Promotion, { namespace });
  const running = promotions.filter(
    ({ spec, status }) =>
      !isTerminalPromotionPhase(status?.phase) &&
      (spec.freight === name || (status?.freightCollection !== undefined && collectionIncludes(status.freightCollection, name))),
  );
  if (running.length === 0) return [];
  throw forbidden(
    Freight,
    keyOf(freight),
    `it is being promoted by ${running.map(({ metadata }) => metadata.name).join(', ')}; abort that, or wait for its end`,
  );
}

async function announceApprovals({ events, isControlPlane }: FreightDeps, request: AdmissionRequest<Freight>): Promise<void> {
  const { object, old, user, operation } = request;
  if (operation !== 'UPDATE' || isControlPlane(user)) return;
  const known = old?.status?.approvedFor ?? {};
  const actor = kubernetesActor(user.username);
  for (const stage of Object.keys(object.status?.approvedFor ?? {}).filter((each) => !Object.hasOwn(known, each))) {
    const { approvedAt, approvedBy = actor } = object.status?.approvedFor?.[stage] ?? {};
    await recordApproval(events.freight, { freight: object, stage, actor: approvedBy, at: approvedAt });
  }
}
