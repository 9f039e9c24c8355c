import {
  alreadyExists,
  ApiError,
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
import { shareParts } from '../object/share.ts';
import type { KindSchema } from '../schema/kind-schema.ts';
import type { UnknownField } from '../schema/prune.ts';
import type { Store } from '../store/store.ts';
import type { Admission } from './admission.ts';
import { planDeletion } from './deletion.ts';
import { fenceGuard } from './fence-guard.ts';
import { isRecord, trackCreate, trackUpdate, type FieldWriter } from './managed-fields.ts';
import { checkIdentity, checkPreconditions, STALE } from './identity.ts';
import { contentOf, inherit, isFinished } from './inheritance.ts';
import { finalizerErrors, metadataErrors } from './metadata.ts';
import { generateName } from './names.ts';
import { checkNamespace } from './namespaces.ts';
import { countsGenerations, strategyOf } from './strategy.ts';
import { storing } from './store-errors.ts';
import { refuseTooLarge } from './object-size.ts';
import { refuseUnknown, reportUnknown } from './unknown-fields.ts';
import { inVersion } from './versions.ts';

/** How often a write without precondition is tried again when others write the same object. */
const MAX_ATTEMPTS = 100;
const GENERATE_NAME_ATTEMPTS = 8;

export interface WriteContext {
  user: UserInfo;
  options: WriteOptions;
  /** `finalize` writes `spec.finalizers` of namespaces alone. */
  subresource?: 'status' | 'finalize' | undefined;
  /** Whether the object comes with its own record of who owns its fields, as server-side apply makes it. */
  applied?: boolean | undefined;
  /** Whether nobody else has the object that is written: then it is not copied, and may be changed and frozen. */
  owned?: boolean | undefined;
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
  /** Called with the stored object, again after each lost race; returns what it shall become, which may share parts with it. */
  build: (existing: KubeObject) => KubeObject | Promise<KubeObject>;
  /** Whether nobody else has what is built: then it is not copied. */
  owned?: boolean | undefined;
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
    const given = context.owned === true ? object : (clone(object) as KubeObject);
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
    const given = namedCopy(object);
    checkIdentity(kind, given);
    // Without a version it may be built again, from what is sent and not from what rules made of that.
    const owned = context.owned === true && (given.metadata.resourceVersion ?? '') !== '';
    return this.replace(kind, keyOf(given), { build: () => given, owned }, context);
  }

  /**
   * Replaces the stored object by what `build` makes of it. A resourceVersion or uid in the built object that is not the stored one is
   * a failed precondition; otherwise lost races are run again.
   */
  async replace(kind: Kind, key: ObjectKey, { build, owned = false }: Replacement, context: WriteContext): Promise<KubeObject> {
    const { store, admission } = this.#ports;
    const resource = resourceName(kind);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const found = store.get(resource, key);
      if (found === undefined) throw notFound(kind, key);
      const existing = inVersion(found, kind);
      const proposed = namedCopy(await build(existing));
      checkIdentity(kind, proposed);
      checkPreconditions(kind, key, existing, proposed.metadata);
      const unconditional =
        (proposed.metadata.resourceVersion ?? '') === '' ||
        proposed.metadata.resourceVersion === existing.metadata.resourceVersion;
      const object = inherit(kind, existing, proposed, context.subresource, owned);
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
      for (const warning of await admission.review(request)) options.onWarning?.(warning);
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
    const sent: unknown =
      context.owned === true || Object.isFrozen(proposed.metadata.managedFields)
        ? proposed.metadata.managedFields
        : clone(proposed.metadata.managedFields);
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
    { options, duplicates = [], subresource }: WriteContext,
  ): Promise<void> {
    const { admission, schemaOf } = this.#ports;
    // The end of a namespace is not for webhooks that are about namespaces.
    const asksWebhooks = subresource !== 'finalize';
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
    if (admission.mutates(request, asksWebhooks)) {
      for (const warning of await guarded(() => admission.mutate(request, asksWebhooks))) options.onWarning?.(warning);
      refuseTooLarge(request.object);
      schema.normalize(request.object as unknown as JsonObject);
      request.key = keyOf(request.object);
    }
    // Rules that change objects have done so: from here on, parts may be shared and frozen.
    if (old !== undefined) {
      shareParts(request.object, old);
      // Generation and record of owners are yet to be written.
      request.object.metadata = { ...request.object.metadata };
    }
    const errors = [...structural(), ...(strategyOf(kind).validate?.(request.object, old) ?? [])];
    errors.push(...(await guarded(() => admission.validate(request))));
    refuse(errors);
    if (asksWebhooks) for (const warning of await admission.review(request)) options.onWarning?.(warning);
    if (options.fieldValidation === 'Warn') reportUnknown({ unknown, duplicates }, options.onWarning);
    for (const warning of admission.warnings(request)) options.onWarning?.(warning);
  }
}

/** The object with metadata of its own, which may be put right. */
function namedCopy(object: KubeObject): KubeObject {
  return isObject(object) && isObject(object.metadata) ? { ...object, metadata: { ...object.metadata } } : object;
}
