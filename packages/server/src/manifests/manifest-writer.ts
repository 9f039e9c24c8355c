import {
  annotations,
  apiVersionOf,
  Freight,
  isReason,
  keyOf,
  Project,
  Promotion,
  resourceName,
  Stage,
  type Kind,
  type KubeObject,
} from '@kargo/api';
import { promotionFacts, recordFreightCreated } from '@kargo/controllers';
import { retryOnConflict, type Client } from '@kargo/kube';
import type { FastifyRequest } from 'fastify';
import { badRequest, HttpError } from '../http/http-error.ts';
import type { Services } from '../services.ts';

export type Outcome =
  | {
      done: 'created' | 'updated' | 'deleted';
      object: KubeObject;
      /** What was there, where nothing was written. */ before?: KubeObject;
    }
  /** `doing` names the step that failed, for entries of answers about several objects. */
  | { done: 'failed'; doing: string; error: unknown };

export interface ManifestWriterOptions {
  /** Everything is checked as if it were written, and nothing is. */
  dryRun?: boolean | undefined;
  /** An object that has another version than its manifest names is not replaced: Conflict. */
  sameVersion?: boolean | undefined;
}

/** Writes the manifests of one request for its caller. */
export class ManifestWriter {
  readonly #services: Services;
  readonly #request: FastifyRequest;
  readonly #dryRun: boolean;
  readonly #sameVersion: boolean;
  /** Projects that this request created: who may create a Project may fill it. */
  readonly #created = new Set<string>();
  /** Projects that this request would have created. There is nothing yet to check what is in them against. */
  readonly #rehearsed = new Set<string>();

  constructor(services: Services, request: FastifyRequest, { dryRun = false, sameVersion = false }: ManifestWriterOptions = {}) {
    this.#services = services;
    this.#request = request;
    this.#dryRun = dryRun;
    this.#sameVersion = sameVersion;
  }

  async create(object: KubeObject): Promise<Outcome> {
    return this.#attempt('create resource', async () => {
      const kind = this.#kindOf(object);
      requireNamespace(kind, object);
      const created = await this.#create(kind, object, { isAnnounced: kind.kind === 'Freight' });
      return { done: 'created', object: created };
    });
  }

  /** Replaces everything but status; creates what is missing if `upsert`. Status does not count, and the version only if asked to. */
  async update(object: KubeObject, upsert: boolean): Promise<Outcome> {
    return this.#attempt('update resource', async () => {
      const kind = this.#kindOf(object);
      requireNamespace(kind, object);
      const key = keyOf(object);
      if (key.name === '') throw badRequest(`a ${kind.kind} to be updated has no name`);
      const client = this.#clientFor(kind, object);
      const { clock, random } = this.#services.config;
      const updated = await retryOnConflict(
        async () => {
          const stored = await client.get(kind, key).catch((error: unknown) => {
            if (isReason(error, 'NotFound')) return undefined;
            throw error;
          });
          if (stored === undefined) return undefined;
          if (this.#sameVersion) requireVersion(kind, object, stored);
          const written = await client.update(kind, adopt(object, stored), { fieldValidation: 'Strict', dryRun: this.#dryRun });
          return { written, stored };
        },
        { clock, random },
      );
      if (updated !== undefined)
        return { done: 'updated', object: updated.written, ...(this.#dryRun ? { before: updated.stored } : {}) };
      if (!upsert) throw new HttpError(404, 'resource does not exist');
      return { done: 'created', object: await this.#create(kind, object) };
    });
  }

  async delete(object: KubeObject): Promise<Outcome> {
    return this.#attempt('delete resource', async () => {
      const kind = this.#kindOf(object);
      const client = this.#clientFor(kind, object);
      const stored = await client.get(kind, keyOf(object));
      await client.delete(kind, keyOf(object));
      return { done: 'deleted', object: stored };
    });
  }

  async #attempt(doing: string, act: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await act();
    } catch (error) {
      return { done: 'failed', doing, error };
    }
  }

  /** `isAnnounced`: it is Freight of whose creation people are told. */
  async #create(kind: Kind, object: KubeObject, { isAnnounced = false } = {}): Promise<KubeObject> {
    const {
      resourceVersion: _version,
      uid: _uid,
      managedFields: _managed,
      creationTimestamp: _created,
      ...metadata
    } = object.metadata;
    let fresh: KubeObject = { ...object, metadata };
    if (kind.kind === 'Project' || kind.kind === 'Promotion') fresh = this.#withActor(fresh, annotations.createActor);
    if (isAnnounced) fresh = this.#withActor(fresh, annotations.freightCreator);
    if (kind.kind === 'Promotion') await this.#requirePromote(object as Promotion);
    if (this.#rehearsed.has(object.metadata.namespace ?? '')) return fresh;
    const client = this.#clientFor(kind, object);
    const created = await client.create(kind, fresh, { fieldValidation: 'Strict', dryRun: this.#dryRun });
    if (this.#dryRun) {
      if (kind.kind === 'Project') this.#rehearsed.add(created.metadata.name ?? '');
      return created;
    }
    if (kind.kind === 'Project') this.#created.add(created.metadata.name ?? '');
    if (kind.kind === 'Promotion') await this.#tellPromotionCreated(created as Promotion);
    if (isAnnounced) await recordFreightCreated(this.#services.events, created as Freight);
    return created;
  }

  #clientFor(kind: Kind, { metadata }: KubeObject): Client {
    if (kind.kind === 'Secret' && !this.#services.config.secretManagement)
      throw new HttpError(501, 'secret management is not enabled');
    if (metadata.namespace !== undefined && this.#created.has(metadata.namespace)) return this.#services.privileged;
    return this.#services.clientFor(this.#request);
  }

  #kindOf({ apiVersion, kind }: KubeObject): Kind {
    const { kinds } = this.#services.config;
    const found = kinds.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
    if (found !== undefined) return found;
    const near = kinds
      .filter((each) => each.kind.toLowerCase() === kind.toLowerCase())
      .map((each) => `${each.kind} of ${apiVersionOf(each)}`);
    throw badRequest(
      `there is no kind ${kind} of ${apiVersion}${near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`}`,
    );
  }

  #withActor(object: KubeObject, annotation: string): KubeObject {
    const actor = this.#services.actor(this.#request);
    return {
      ...object,
      metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [annotation]: actor } },
    };
  }

  async #requirePromote({ metadata, spec }: Promotion): Promise<void> {
    const stage = (spec as Partial<Promotion['spec']> | undefined)?.stage;
    // What is no Promotion is refused by validation.
    if (typeof stage === 'string' && stage !== '')
      await this.#services.require(this.#request, 'promote', Stage, { namespace: metadata.namespace, name: stage });
  }

  async #tellPromotionCreated(promotion: Promotion): Promise<void> {
    if (!this.#services.actsForCaller(this.#request)) return;
    const actor = this.#services.actor(this.#request);
    await this.#services.events.record({
      kind: Promotion,
      about: promotion,
      reason: 'PromotionCreated',
      message: `Promotion to Stage ${promotion.spec.stage} created by ${actor}`,
      facts: promotionFacts(promotion, { actor }),
      related: { kind: Freight, name: promotion.spec.freight ?? '' },
      occurrence: 'created',
    });
  }
}

function requireNamespace(kind: Kind, { metadata }: KubeObject): void {
  if (kind.scope === 'Cluster' || (metadata.namespace ?? '') !== '') return;
  throw new HttpError(
    422,
    `${resourceName(kind)} "${metadata.name ?? ''}" is invalid: metadata.namespace: Required value: every ${kind.kind} belongs to a Project; give the name of the Project`,
  );
}

/** Fails with 409 unless the manifest is of the version that is stored. */
function requireVersion(kind: Kind, { metadata }: KubeObject, stored: KubeObject): void {
  const { resourceVersion } = stored.metadata;
  if (metadata.resourceVersion === resourceVersion) return;
  throw new HttpError(
    409,
    `${resourceName(kind)} "${stored.metadata.name ?? ''}" has been changed meanwhile: the manifest is of version ${metadata.resourceVersion ?? 'none'}, and the object is at ${resourceVersion ?? 'none'}; get it again and make the change there`,
  );
}

/** The manifest as an update of what is stored: what only the server decides is taken from there. */
function adopt(object: KubeObject, stored: KubeObject): KubeObject {
  const { status: _status, ...rest } = object as KubeObject & { status?: unknown };
  const { managedFields: _managed, creationTimestamp: _created, generation: _generation, ...metadata } = rest.metadata;
  const { uid, resourceVersion } = stored.metadata;
  const actor = stored.metadata.annotations?.[annotations.createActor];
  const kept = actor === undefined ? {} : { [annotations.createActor]: actor };
  return { ...rest, metadata: { ...metadata, uid, resourceVersion, annotations: { ...metadata.annotations, ...kept } } };
}

/** Projects go first when objects are made and last when they are removed. Otherwise the order of the manifests is kept. */
export function inOrder(objects: readonly KubeObject[], projects: 'first' | 'last'): KubeObject[] {
  const isProject = ({ apiVersion, kind }: KubeObject): boolean => kind === Project.kind && apiVersion === apiVersionOf(Project);
  const [own, others] = [objects.filter(isProject), objects.filter((object) => !isProject(object))];
  return projects === 'first' ? [...own, ...others] : [...others, ...own];
}

/** The text of a failure as an entry among others: already existing objects are named by their lower-case kind. */
export function entryMessage(object: KubeObject, doing: string, error: unknown, message: string): string {
  if (isReason(error, 'AlreadyExists')) {
    const [group = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [''];
    return `${doing}: ${resourceName({ group, plural: object.kind.toLowerCase() })} "${object.metadata.name ?? ''}" already exists`;
  }
  // Alone, it is plain which object has the unknown fields.
  const isNameless = message.startsWith(`${object.kind} in version `);
  return `${doing}: ${isNameless ? `"${object.metadata.name ?? ''}": ` : ''}${message}`;
}
