import type { IncomingMessage, ServerResponse } from 'node:http';
import { ApiError, apiVersionOf, resourceName, type Kind, type KubeList, type KubeObject, type ObjectKey } from '@kargo/api';
import {
  FENCE_HEADER,
  parseFence,
  type Authorizer,
  type Clock,
  type Fence,
  type JsonPatchOperation,
  type Patch,
  type PatchOptions,
  type UserInfo,
} from '@kargo/kube';
import type { ServiceAccountTokens } from '../auth/service-account-tokens.ts';
import { isObject } from '../object/json.ts';
import type { Registry } from '../registry/registry.ts';
import { requireAccess } from './authorization.ts';
import { BookmarkTimer } from './bookmark-timer.ts';
import { contentType, decode, type BodyReader, type Decoded } from './body.ts';
import { representationOf, type Representation } from './negotiation.ts';
import { partialMetadata, partialMetadataList } from './partial-metadata.ts';
import { deleteOptions, readQuery, writeQuery, type ReadQuery } from './query.ts';
import { addWarning, sendJSON, sendText } from './responses.ts';
import type { Route } from './route.ts';
import type { Serializer } from '../object/serializer.ts';
import { Tables } from './table.ts';
import { answerTokenRequest, TOKEN_SUBRESOURCE } from './token-request.ts';
import { streamWatch } from './watch-stream.ts';

type ResourceRoute = Extract<Route, { kind: 'resource' }>;

/** One request for a resource. */
export interface ResourceCall {
  request: IncomingMessage;
  response: ServerResponse;
  route: ResourceRoute;
  query: URLSearchParams;
  user: UserInfo;
}

const OBJECT_VERBS: Readonly<Record<string, string>> = { GET: 'get', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };
const TOKEN_VERBS: Readonly<Record<string, string>> = { POST: 'create' };
const COLLECTION_VERBS: Readonly<Record<string, string>> = { GET: 'list', POST: 'create', DELETE: 'deletecollection' };

/** Resources over HTTP: reads, writes and watches of any kind that the registry serves. */
export class ResourceHandler {
  readonly #registry: Registry;
  readonly #authorizer: Authorizer;
  readonly #clock: Clock;
  readonly #tokens: ServiceAccountTokens;
  readonly #bodies: BodyReader;
  readonly #serializer: Serializer;
  readonly #tables = new Tables();
  readonly #bookmarks: BookmarkTimer;

  constructor(ports: {
    registry: Registry;
    authorizer: Authorizer;
    clock: Clock;
    tokens: ServiceAccountTokens;
    bodies: BodyReader;
    texts: Serializer;
    sendBookmarks: () => void;
  }) {
    this.#registry = ports.registry;
    this.#authorizer = ports.authorizer;
    this.#clock = ports.clock;
    this.#tokens = ports.tokens;
    this.#bodies = ports.bodies;
    this.#serializer = ports.texts;
    this.#bookmarks = new BookmarkTimer(ports.clock, ports.sendBookmarks);
  }

  async handle(call: ResourceCall): Promise<void> {
    const { request, route, query, user } = call;
    const { resource, namespace, name, subresource } = route;
    const method = request.method === 'HEAD' ? 'GET' : (request.method ?? 'GET');
    const watch = method === 'GET' && name === undefined && readQuery(query).watch;
    const asksForToken =
      name !== undefined &&
      subresource === TOKEN_SUBRESOURCE.subresource &&
      resourceName(resource) === TOKEN_SUBRESOURCE.resource;
    const verbs = asksForToken ? TOKEN_VERBS : name === undefined ? COLLECTION_VERBS : OBJECT_VERBS;
    const verb = watch ? 'watch' : verbs[method];
    const statusOnly = subresource === 'status' && resource.statusSubresource && method !== 'DELETE';
    if (subresource !== undefined && !statusOnly && !asksForToken)
      throw new ApiError('NotFound', 'the server could not find the requested resource');
    if (verb === undefined)
      throw new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
    await requireAccess(this.#authorizer, user, {
      verb,
      group: resource.group,
      resource: resource.plural,
      subresource,
      namespace,
      // Who may see one object by its name may also watch it alone.
      name: name ?? (verb === 'create' ? undefined : /^metadata\.name==?([^,]+)$/.exec(query.get('fieldSelector') ?? '')?.[1]),
    });
    if (asksForToken) {
      const { value: body } = await this.#decoded(request);
      sendJSON(
        call.response,
        201,
        answerTokenRequest({ namespace, name }, body, { registry: this.#registry, tokens: this.#tokens }),
      );
      return;
    }
    if (name === undefined) return this.#collection(call, verb);
    return this.#object(call, verb, { namespace, name });
  }

  #collection(call: ResourceCall, verb: string): Promise<void> | void {
    switch (verb) {
      case 'watch':
        return this.#watch(call);
      case 'create':
        return this.#create(call);
      case 'deletecollection':
        return this.#deleteCollection(call);
      default:
        return this.#list(call);
    }
  }

  #object(call: ResourceCall, verb: string, key: ObjectKey): Promise<void> | void {
    switch (verb) {
      case 'update':
        return this.#update(call, key);
      case 'patch':
        return this.#patch(call, key);
      case 'delete':
        return this.#delete(call, key);
      default:
        return this.#send(call, 200, this.#registry.get(call.route.resource, key));
    }
  }

  #list({ request, response, route: { resource, namespace }, query }: ResourceCall): void {
    const options = readQuery(query);
    const representation = representationOf(request.headers.accept);
    if (representation === 'object') {
      const text = this.#registry.listText(resource, { ...options, namespace }, (object) => this.#serializer.text(object));
      sendText(response, 200, text);
      return;
    }
    const list = this.#registry.list(resource, { ...options, namespace });
    if (representation === 'metadata') sendJSON(response, 200, partialMetadataList(list));
    else sendJSON(response, 200, this.#table(resource, list.items, list.metadata, options));
  }

  #listText({ apiVersion, kind, metadata, items }: KubeList): string {
    const head = JSON.stringify({ apiVersion, kind, metadata }).slice(0, -1);
    return `${head},"items":[${items.map((item) => this.#serializer.text(item)).join(',')}]}`;
  }

  #table(kind: Kind, items: readonly KubeObject[], metadata: KubeList['metadata'], options: ReadQuery, columns = true): object {
    return this.#tables.table(kind, items, { metadata, include: options.includeObject, now: this.#clock.now(), columns });
  }

  #watch({ request, response, route: { resource, namespace, name }, query }: ResourceCall): Promise<void> {
    const options = readQuery(query);
    const representation = representationOf(request.headers.accept);
    const { allowBookmarks, sendInitialEvents, labelSelector, fieldSelector, resourceVersion } = options;
    const selected = name === undefined ? fieldSelector : `metadata.name=${name}`;
    const open = (signal: AbortSignal): ReturnType<Registry['watch']> =>
      this.#registry.watch(resource, {
        namespace,
        labelSelector,
        fieldSelector: selected,
        resourceVersion,
        allowBookmarks,
        sendInitialEvents,
        signal,
      });
    return streamWatch(response, resource, options, {
      open,
      text: this.#eventText(resource, representation, options),
      clock: this.#clock,
      bookmarks: this.#bookmarks,
    });
  }

  #eventText(kind: Kind, representation: Representation, options: ReadQuery): (object: KubeObject) => string {
    if (representation === 'object') return (object) => this.#serializer.text(object);
    if (representation === 'metadata') return (object) => JSON.stringify(partialMetadata(object));
    let first = true;
    return (object) => {
      const table = this.#table(kind, [object], { resourceVersion: object.metadata.resourceVersion }, options, first);
      first = false;
      return JSON.stringify(table);
    };
  }

  async #create(call: ResourceCall): Promise<void> {
    const { route, user } = call;
    const options = writeOptions(call, 'CreateOptions');
    const { value, duplicates } = await this.#decoded(call.request);
    const made = await this.#registry.create(route.resource, identified(value, route, undefined), {
      user,
      options,
      duplicates,
      owned: true,
    });
    this.#send(call, 201, made);
  }

  async #update(call: ResourceCall, key: ObjectKey): Promise<void> {
    const { route, user } = call;
    const options = writeOptions(call, 'UpdateOptions');
    const { value, duplicates } = await this.#decoded(call.request);
    const subresource = route.subresource === 'status' ? route.subresource : undefined;
    const made = await this.#registry.update(route.resource, identified(value, route, key.name), {
      user,
      options,
      subresource,
      duplicates,
      owned: true,
    });
    this.#send(call, 200, made);
  }

  async #patch(call: ResourceCall, key: ObjectKey): Promise<void> {
    const { route, user } = call;
    const options = writeOptions(call, 'PatchOptions');
    requirePatchType(call.request);
    const decoded = await this.#decoded(call.request);
    const subresource = route.subresource === 'status' ? route.subresource : undefined;
    const { object, created } = await this.#registry.patchOrCreate(route.resource, key, patchOf(call.request, decoded.value), {
      user,
      options,
      subresource,
      duplicates: decoded.duplicates,
      // Who may change objects may not therefore make some.
      mayCreate: () =>
        requireAccess(this.#authorizer, user, {
          verb: 'create',
          group: route.resource.group,
          resource: route.resource.plural,
          namespace: route.namespace,
          name: key.name,
        }),
    });
    this.#send(call, created ? 201 : 200, object);
  }

  async #delete(call: ResourceCall, key: ObjectKey): Promise<void> {
    const { request, response, route, query, user } = call;
    const options = {
      ...deleteOptions(query, await this.#optionalBody(request)),
      fence: fenceOf(request),
      onWarning: (warning: string) => {
        addWarning(response, warning);
      },
    };
    const { object, gone } = await this.#registry.delete(route.resource, key, options, user);
    if (!gone) return this.#send(call, 200, object);
    const details = { name: key.name, group: route.resource.group, kind: route.resource.plural, uid: object.metadata.uid };
    sendJSON(response, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
  }

  async #deleteCollection(call: ResourceCall): Promise<void> {
    const {
      request,
      response,
      route: { resource, namespace },
      query,
      user,
    } = call;
    const options = { ...deleteOptions(query, await this.#optionalBody(request)), fence: fenceOf(request) };
    const list = this.#registry.list(resource, { ...readQuery(query), namespace });
    for (const item of list.items) {
      const key = { namespace: item.metadata.namespace, name: item.metadata.name ?? '' };
      await this.#registry.delete(resource, key, options, user).catch((error: unknown) => {
        // Somebody else was faster: it is gone, as asked.
        if (!(error instanceof ApiError && error.reason === 'NotFound')) throw error;
      });
    }
    sendText(response, 200, this.#listText(list));
  }

  async #decoded(request: IncomingMessage): Promise<Decoded> {
    return decode(await this.#bodies.read(request));
  }

  async #optionalBody(request: IncomingMessage): Promise<unknown> {
    const body = await this.#bodies.read(request);
    return body.bytes.length === 0 ? undefined : decode(body).value;
  }

  #send({ request, response, route, query }: ResourceCall, status: number, object: KubeObject): void {
    const representation = representationOf(request.headers.accept);
    if (representation === 'object')
      sendText(response, status, Object.isFrozen(object) ? this.#serializer.text(object) : JSON.stringify(object));
    else if (representation === 'metadata') sendJSON(response, status, partialMetadata(object));
    else
      sendJSON(
        response,
        status,
        this.#table(route.resource, [object], { resourceVersion: object.metadata.resourceVersion }, readQuery(query)),
      );
  }
}

function writeOptions(
  { request, response, query }: ResourceCall,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
): PatchOptions {
  const applies = contentType(request) === APPLY;
  const { fieldManager, ...options } = writeQuery(query, kind, applies);
  return {
    ...options,
    // Who does not name itself is named by its program; only apply must be explicit.
    fieldManager:
      fieldManager ?? (applies ? undefined : (request.headers['user-agent']?.split('/')[0] ?? 'unknown').slice(0, 128)),
    fence: fenceOf(request),
    onWarning: (warning) => {
      addWarning(response, warning);
    },
  };
}

/** The fence of a request. Fails with `BadRequest` when it cannot be read: a fence must not be lost. */
function fenceOf({ headers }: IncomingMessage): Fence | undefined {
  const text = headers[FENCE_HEADER];
  if (text === undefined) return undefined;
  const fence = typeof text === 'string' ? parseFence(text) : undefined;
  if (fence === undefined) throw new ApiError('BadRequest', `the header ${FENCE_HEADER} cannot be read`);
  return fence;
}

/** An object from a body, with what the path says filled in. Fails with `BadRequest` where both say different things. */
function identified(body: unknown, { resource, namespace }: ResourceRoute, name: string | undefined): KubeObject {
  if (!isObject(body))
    throw new ApiError(
      'BadRequest',
      `the body of the request must be a ${resource.kind}, not ${Array.isArray(body) ? 'a list' : typeof body}`,
    );
  const metadata = body['metadata'] ?? {};
  if (!isObject(metadata)) throw new ApiError('BadRequest', 'metadata must be an object');
  const object = {
    ...body,
    apiVersion: body['apiVersion'] ?? apiVersionOf(resource),
    kind: body['kind'] ?? resource.kind,
    metadata: { ...metadata },
  } as unknown as KubeObject;
  if (name !== undefined && (object.metadata.name ?? name) !== name)
    throw new ApiError(
      'BadRequest',
      `the name of the object (${JSON.stringify(object.metadata.name)}) does not match the name on the URL (${name})`,
    );
  if (name !== undefined) object.metadata.name = name;
  if (namespace !== undefined && (object.metadata.namespace ?? namespace) !== namespace && object.metadata.namespace !== '')
    throw new ApiError('BadRequest', `the namespace of the provided object does not match the namespace sent on the request`);
  if (namespace !== undefined) object.metadata.namespace = namespace;
  return object;
}

const APPLY = 'application/apply-patch+yaml';
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  APPLY,
] as const;

/** Fails with `UnsupportedMediaType` before the body is read. */
function requirePatchType(request: IncomingMessage): void {
  const type = contentType(request);
  if (!PATCH_TYPES.some((known) => known === type))
    throw new ApiError(
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${PATCH_TYPES.join(', ')}`,
    );
}

function patchOf(request: IncomingMessage, body: unknown): Patch {
  switch (contentType(request)) {
    case 'application/json-patch+json':
      if (!Array.isArray(body) || !body.every(isObject))
        throw new ApiError('BadRequest', 'a JSON patch must be a list of operations');
      return { type: 'json', body: body as unknown as JsonPatchOperation[] };
    case 'application/merge-patch+json':
      return { type: 'merge', body: objectBody(body) };
    case 'application/strategic-merge-patch+json':
      return { type: 'strategic', body: objectBody(body) };
    default:
      return { type: 'apply', body: objectBody(body) as unknown as KubeObject };
  }
}

function objectBody(body: unknown): Extract<Patch, { type: 'merge' }>['body'] {
  if (!isObject(body)) throw new ApiError('BadRequest', 'the patch of an object must be an object');
  return body as Extract<Patch, { type: 'merge' }>['body'];
}
