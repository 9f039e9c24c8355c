import {
  alreadyExists,
  ApiError,
  apiVersionOf,
  conflict,
  invalid,
  isReason,
  keyOf,
  notFound,
  resourceName,
  type FieldError,
  type Kind,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import {
  clone,
  equal,
  timestamp,
  type AdmissionRequest,
  type Clock,
  type DeleteOptions,
  type Random,
  type UserInfo,
  type WriteOptions,
} from '@kargo/kube';
import { isObject, type JsonObject } from '../object/json.ts';
import type { KindSchema } from '../schema/kind-schema.ts';
import type { UnknownField } from '../schema/prune.ts';
import type { Store } from '../store/store.ts';
import type { Admission } from './admission.ts';
import { planDeletion } from './deletion.ts';
import { fenceGuard } from './fence-guard.ts';
import { isRecord, trackCreate, trackUpdate, type FieldWriter } from './managed-fields.ts';
import { finalizerErrors, metadataErrors } from './metadata.ts';
import { generateName } from './names.ts';
import { checkNamespace, hasContentFinalizer } from './namespaces.ts';
import { countsGenerations, strategyOf } from './strategy.ts';
import { storing } from './store-errors.ts';
import { refuseTooLarge } from './object-size.ts';
import { refuseUnknown, reportUnknown } from './unknown-fields.ts';
import { inVersion } from './versions.ts';

/** How often a write without precondition is tried again when others write the same object. */
const MAX_ATTEMPTS = 100;
const GENERATE_NAME_ATTEMPTS = 8;

const STALE = 'the object has been modified; please apply your changes to the latest version and try again';

export interface WriteContext {
  user: UserInfo;
  options: WriteOptions;
  /** `finalize` writes `spec.finalizers` of namespaces alone. */
  subresource?: 'status' | 'finalize' | undefined;
  /** Whether the object comes with its own record of who owns its fields, as server-side apply makes it. */
  applied?: boolean | undefined;
  /** Paths of fields that were sent more than once. */
  duplicates?: readonly string[] | undefined;
}

export interface WritesPorts {
  store: Store;
  admission: Admission;
  schemaOf: (kind: Kind) => KindSchema;
  clock: Clock;
  random: Random;
}

/** What a rebuilt object is based on. */
export interface Replacement {
  /** Called with the stored object, again after each lost race; returns a private copy of what it shall become. */
  build: (existing: KubeObject) => KubeObject | Promise<KubeObject>;
}

/** Every way to change an object: metadata, admission, schema, preconditions and deletion as Kubernetes has them. */
export class Writes {
  readonly #ports: WritesPorts;

  constructor(ports: WritesPorts) {
    this.#ports = ports;
  }

  /** `object` is not changed. */
  async create(kind: Kind, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    const { random } = this.#ports;
    const given = clone(object) as KubeObject;
    checkIdentity(kind, given);
    const { name = '', generateName: base = '' } = given.metadata;
    if (name !== '' || base === '') return this.#createOnce(kind, given, context);
    for (let attempt = 1; ; attempt++) {
      const named = clone(given) as KubeObject;
      named.metadata.name = generateName(base, random);
      try {
        return await this.#createOnce(kind, named, context);
      } catch (error) {
        if (!isReason(error, 'AlreadyExists') || attempt >= GENERATE_NAME_ATTEMPTS) throw error;
      }
    }
  }

  async #createOnce(kind: Kind, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    const { store, admission, clock, random, schemaOf } = this.#ports;
    if ((object.metadata.resourceVersion ?? '') !== '')
      throw new ApiError('BadRequest', 'resourceVersion should not be set on objects to be created');
    checkNamespace(store, kind, object);
    const { metadata } = object;
    metadata.uid = random.uuid();
    metadata.creationTimestamp = timestamp(clock.now());
    for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'resourceVersion', 'generation'] as const)
      delete metadata[field];
    if (context.applied !== true) delete metadata.managedFields;
    if (countsGenerations(kind)) metadata.generation = 1;
    if (kind.statusSubresource) delete (object as KubeObject & JsonObject)['status'];
    strategyOf(kind).prepareCreate?.(object as unknown as JsonObject);

    const unknown = schemaOf(kind).normalize(object as unknown as JsonObject);
    // An existing object is refused as such, not for what the new one lacks.
    if (metadata.name !== undefined && store.get(resourceName(kind), keyOf(object)) !== undefined)
      throw alreadyExists(kind, keyOf(object));
    const request = this.#request('CREATE', kind, object, undefined, context);
    await this.#admit(request, unknown, context);
    if (context.applied !== true && context.options.fieldManager !== undefined)
      request.object.metadata.managedFields = trackCreate(kind, request.object, this.#writer(context));
    if (context.options.dryRun === true) return request.object;
    context.options.signal?.throwIfAborted();
    checkNamespace(store, kind, request.object);
    const outcome = await storing(
      store.write({
        resource: resourceName(kind),
        key: request.key,
        expect: undefined,
        object: request.object,
        guard: fenceGuard(context.options.fence),
      }),
    );
    if (outcome.kind === 'conflict') throw alreadyExists(kind, request.key);
    await admission.after(request);
    return outcome.object;
  }

  /** Replaces all but status, or status alone. */
  async update(kind: Kind, object: KubeObject, context: WriteContext): Promise<KubeObject> {
    const given = clone(object) as KubeObject;
    checkIdentity(kind, given);
    return this.replace(kind, keyOf(given), { build: () => clone(given) as KubeObject }, context);
  }

  /**
   * Replaces the stored object by what `build` makes of it. A resourceVersion or uid in the built object that is not the stored one is
   * a failed precondition; otherwise lost races are run again.
   */
  async replace(kind: Kind, key: ObjectKey, { build }: Replacement, context: WriteContext): Promise<KubeObject> {
    const { store, admission } = this.#ports;
    const resource = resourceName(kind);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const found = store.get(resource, key);
      if (found === undefined) throw notFound(kind, key);
      const existing = inVersion(found, kind);
      const proposed = await build(existing);
      checkIdentity(kind, proposed);
      checkPreconditions(kind, key, existing, proposed.metadata);
      const unconditional =
        (proposed.metadata.resourceVersion ?? '') === '' ||
        proposed.metadata.resourceVersion === existing.metadata.resourceVersion;
      const object = this.#inherit(kind, existing, proposed, context.subresource);
      const unknown = this.#ports.schemaOf(kind).normalize(object as unknown as JsonObject);
      const request = this.#request('UPDATE', kind, object, existing, context);
      await this.#admit(request, unknown, context);
      this.#countGeneration(kind, request.object, existing);
      if (context.applied !== true) this.#trackFields(kind, existing, proposed, request.object, context);
      if (equal(request.object, found)) return found;
      if (context.options.dryRun === true) return request.object;
      context.options.signal?.throwIfAborted();
      const gone = isFinished(kind, request.object);
      const expect = existing.metadata.resourceVersion;
      const outcome = await storing(
        store.write({
          resource,
          key,
          expect,
          ...(gone ? {} : { object: request.object }),
          guard: fenceGuard(context.options.fence),
        }),
      );
      if (outcome.kind === 'written') {
        await admission.after(request);
        return gone ? request.object : outcome.object;
      }
      if (!unconditional) throw conflict(kind, key, STALE);
    }
    throw conflict(kind, key, STALE);
  }

  /** Deletes, or marks where finalizers are. Returns the marked object, or undefined when it is gone. */
  async delete(
    kind: Kind,
    key: ObjectKey,
    options: DeleteOptions,
    user: UserInfo,
  ): Promise<{ object: KubeObject; gone: boolean }> {
    const { store, admission, clock } = this.#ports;
    const resource = resourceName(kind);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const found = store.get(resource, key);
      if (found === undefined) throw notFound(kind, key);
      const existing = inVersion(found, kind);
      checkPreconditions(kind, key, existing, options.preconditions ?? {}, 'precondition');
      const plan = planDeletion(kind, existing, options, timestamp(clock.now()));
      const request: AdmissionRequest = {
        operation: 'DELETE',
        kind,
        key,
        object: clone(existing) as KubeObject,
        old: existing,
        user,
        dryRun: options.dryRun === true,
      };
      const errors = await admission.validate(request);
      if (errors.length > 0) throw invalid(kind, key.name, errors);
      if (plan.kind === 'unchanged') return { object: existing, gone: false };
      if (options.dryRun === true) return { object: existing, gone: plan.kind === 'remove' };
      options.signal?.throwIfAborted();
      const expect = existing.metadata.resourceVersion;
      const outcome = await storing(
        store.write({
          resource,
          key,
          expect,
          ...(plan.kind === 'mark' ? { object: plan.object } : {}),
          guard: fenceGuard(options.fence),
        }),
      );
      if (outcome.kind === 'written') {
        await admission.after(request);
        return { object: outcome.object, gone: plan.kind === 'remove' };
      }
    }
    throw conflict(kind, key, STALE);
  }

  /** The proposed object with everything that the writer may not change taken from the stored one. */
  #inherit(kind: Kind, existing: KubeObject, proposed: KubeObject, subresource: WriteContext['subresource']): KubeObject {
    const stored = clone(existing) as KubeObject & JsonObject;
    const offered = proposed as KubeObject & JsonObject;
    if (subresource === 'status') {
      if (offered['status'] === undefined) delete stored['status'];
      else stored['status'] = offered['status'];
      if (offered.metadata.managedFields !== undefined) stored.metadata.managedFields = offered.metadata.managedFields;
      return stored;
    }
    if (subresource === 'finalize') {
      stored['spec'] = offered['spec'];
      return stored;
    }
    const metadata = { ...offered.metadata };
    for (const field of INHERITED) {
      if (stored.metadata[field] === undefined) delete metadata[field];
      else Object.assign(metadata, { [field]: stored.metadata[field] });
    }
    const object: KubeObject & JsonObject = { ...offered, apiVersion: stored.apiVersion, kind: stored.kind, metadata };
    if (kind.statusSubresource) {
      if (stored['status'] === undefined) delete object['status'];
      else object['status'] = stored['status'];
    }
    strategyOf(kind).prepareUpdate?.(object, existing);
    return object;
  }

  #countGeneration(kind: Kind, object: KubeObject, existing: KubeObject): void {
    if (!countsGenerations(kind)) return;
    const before = existing.metadata.generation ?? 1;
    object.metadata.generation = equal(contentOf(kind, object), contentOf(kind, existing)) ? before : before + 1;
  }

  /**
   * Whoever replaces an object may also replace its record of owners (so kubectl turns what it applied on the client side into what it
   * applies on the server side); a single empty entry drops the record.
   */
  #trackFields(kind: Kind, existing: KubeObject, proposed: KubeObject, object: KubeObject, context: WriteContext): void {
    const sent: unknown = proposed.metadata.managedFields;
    const reset = Array.isArray(sent) && sent.length === 1 && equal(sent[0], {});
    const base =
      context.subresource === undefined && isRecord(sent)
        ? { ...existing, metadata: { ...existing.metadata, managedFields: sent } }
        : existing;
    const managedFields = reset ? undefined : trackUpdate(kind, base, object, this.#writer(context));
    if (managedFields === undefined) delete object.metadata.managedFields;
    else object.metadata.managedFields = [...managedFields];
  }

  #writer({ options, subresource }: WriteContext): FieldWriter {
    return {
      manager: options.fieldManager ?? 'kargo',
      subresource: subresource === 'status' ? subresource : undefined,
      now: timestamp(this.#ports.clock.now()),
    };
  }

  #request(
    operation: 'CREATE' | 'UPDATE',
    kind: Kind,
    object: KubeObject,
    old: KubeObject | undefined,
    { user, options, subresource }: WriteContext,
  ): AdmissionRequest {
    return {
      operation,
      kind,
      key: keyOf(object),
      object,
      old,
      subresource: subresource === 'status' ? subresource : undefined,
      user,
      dryRun: options.dryRun === true,
    };
  }

  /** Mutating rules, schema, validating rules; every problem at once. `request.object` is then what is to be stored. */
  async #admit(
    request: AdmissionRequest,
    unknown: readonly UnknownField[],
    { options, duplicates = [] }: WriteContext,
  ): Promise<void> {
    const { admission, schemaOf } = this.#ports;
    refuseTooLarge(request.object);
    const { kind, old } = request;
    const schema = schemaOf(kind);
    const structural = (): FieldError[] => {
      const errors = schema.validate(request.object, old);
      // What has the wrong type cannot be looked at more closely.
      if (errors.some(({ field }) => field.startsWith('metadata'))) return errors;
      return [
        ...metadataErrors(kind, request.object),
        ...(old === undefined ? [] : finalizerErrors(request.object, old)),
        ...errors,
      ];
    };
    const refuse = (errors: readonly FieldError[]): void => {
      const refusal = errors.length === 0 ? undefined : invalid(kind, request.object.metadata.name ?? '', errors);
      if (options.fieldValidation === 'Strict') refuseUnknown(kind, { unknown, duplicates }, refusal);
      if (refusal !== undefined) throw refusal;
    };
    // Rules are written for well-formed objects: what a rule trips over is reported as what is wrong with the object.
    const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof ApiError)) refuse(structural());
        throw error;
      }
    };
    if (admission.mutates(request)) {
      await guarded(() => admission.mutate(request));
      schema.normalize(request.object as unknown as JsonObject);
      request.key = keyOf(request.object);
    }
    const errors = [...structural(), ...(strategyOf(kind).validate?.(request.object, old) ?? [])];
    errors.push(...(await guarded(() => admission.validate(request))));
    refuse(errors);
    if (options.fieldValidation === 'Warn') reportUnknown({ unknown, duplicates }, options.onWarning);
    for (const warning of admission.warnings(request)) options.onWarning?.(warning);
  }
}

/** Metadata that only the server sets. */
const INHERITED = [
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

/** What counts as the specification: everything but identity, metadata, and status where it is a subresource. */
function contentOf(kind: Kind, object: KubeObject): JsonObject {
  const content: JsonObject = { ...object };
  delete content['metadata'];
  if (kind.statusSubresource) delete content['status'];
  return content;
}

/** Whether a deleted object has nothing left that keeps it. */
function isFinished(kind: Kind, object: KubeObject): boolean {
  if (object.metadata.deletionTimestamp === undefined || (object.metadata.finalizers?.length ?? 0) > 0) return false;
  return !(kind.group === '' && kind.plural === 'namespaces' && hasContentFinalizer(object));
}

/** Fields of metadata that are not there when there is nothing in them. */
const OMITTED_WHEN_EMPTY: ReadonlySet<string> = new Set(['labels', 'annotations', 'finalizers', 'ownerReferences']);

function isEmpty(value: unknown): boolean {
  return (Array.isArray(value) && value.length === 0) || (isObject(value) && Object.keys(value).length === 0);
}

const IDENTITY = ['name', 'generateName', 'namespace', 'uid', 'resourceVersion'] as const;

/** Makes sure that a private copy is an object of the kind that can be named. */
function checkIdentity(kind: Kind, object: KubeObject): void {
  const refuse = (message: string): never => {
    throw new ApiError('BadRequest', message);
  };
  if (!isObject(object) || !isObject(object.metadata))
    refuse(`${kind.kind} has no metadata: name, and namespace where the kind has one, are required`);
  // Manifests made by tools carry `creationTimestamp: null` and the like: null is nothing in metadata, and so are empty maps and lists.
  for (const [field, value] of Object.entries(object.metadata))
    if (value === null || (OMITTED_WHEN_EMPTY.has(field) && isEmpty(value))) delete (object.metadata as JsonObject)[field];
  for (const field of IDENTITY)
    if (typeof (object.metadata[field] ?? '') !== 'string') refuse(`metadata.${field} of the ${kind.kind} must be a string`);
  if (object.apiVersion !== apiVersionOf(kind) || object.kind !== kind.kind)
    refuse(
      `the object is a ${JSON.stringify(object.apiVersion)} ${JSON.stringify(object.kind)}, but the request is for ${apiVersionOf(kind)} ${kind.kind}`,
    );
  if (kind.scope === 'Cluster') delete object.metadata.namespace;
  else if ((object.metadata.namespace ?? '') === '')
    refuse('an empty namespace may not be set when a resource name may be created');
}

function checkPreconditions(
  kind: Kind,
  key: ObjectKey,
  existing: KubeObject,
  wanted: { uid?: string | undefined; resourceVersion?: string | undefined },
  source: 'object' | 'precondition' = 'object',
): void {
  const { uid, resourceVersion } = existing.metadata;
  if ((wanted.uid ?? '') !== '' && wanted.uid !== uid)
    throw conflict(kind, key, `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uid}`);
  if ((wanted.resourceVersion ?? '') === '' || wanted.resourceVersion === resourceVersion) return;
  throw conflict(
    kind,
    key,
    source === 'object'
      ? STALE
      : `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${resourceVersion}`,
  );
}
