/** Applications of an Argo CD that is reached through its own REST API, as resources like any others. */
import {
  ApiError,
  Application,
  apiVersionOf,
  Event,
  isReason,
  type Json,
  type Kind,
  type KubeList,
  type KubeObject,
  type ObjectKey,
} from '@kargo/api';
import {
  applyMergePatch,
  createMergePatch,
  deepFreeze,
  type Client,
  type ListOptions,
  type Patch,
  type WatchEvent,
  type WatchOptions,
} from '@kargo/kube';
import type { ArgoCDServer } from './argocd-server.ts';
import { streamedResults } from './streamed-results.ts';
import { syncRequest } from './sync-request.ts';

type Applications = Pick<Client, 'get' | 'list' | 'watch' | 'patch'>;
type Fields = { [key: string]: Json | undefined };

/**
 * A client for which Applications are in Argo CD, and everything else is where it was. Applications can be read, watched and patched: a
 * patch of metadata and spec, and an operation in it, become what Argo CD's API has for them. They cannot be created or deleted.
 */
export function withArgoCDServer(client: Client, server: ArgoCDServer): Client {
  const applications = argoCDApplications(server);
  const clientOf = (kind: Kind<never> | Kind<KubeObject>): Pick<Client, 'get' | 'list' | 'watch' | 'patch'> =>
    isApplication(kind) ? applications : client;
  return {
    get: (kind, ...rest) => clientOf(kind as unknown as Kind<KubeObject>).get(kind, ...rest),
    list: (kind, ...rest) => clientOf(kind as unknown as Kind<KubeObject>).list(kind, ...rest),
    watch: (kind, ...rest) => clientOf(kind as unknown as Kind<KubeObject>).watch(kind, ...rest),
    patch: (kind, ...rest) => clientOf(kind as unknown as Kind<KubeObject>).patch(kind, ...rest),
    create: (kind, object, ...rest) => {
      // Argo CD tells of operations itself, where the Application is.
      if (isEventOfApplication(kind as unknown as Kind<KubeObject>, object)) return Promise.resolve(object);
      return isApplication(kind as unknown as Kind<KubeObject>) ? unsupported('create') : client.create(kind, object, ...rest);
    },
    update: (kind, ...rest) =>
      isApplication(kind as unknown as Kind<KubeObject>) ? unsupported('update') : client.update(kind, ...rest),
    updateStatus: (kind, ...rest) =>
      isApplication(kind as unknown as Kind<KubeObject>) ? unsupported('update') : client.updateStatus(kind, ...rest),
    delete: (kind, ...rest) =>
      isApplication(kind as unknown as Kind<KubeObject>) ? unsupported('delete') : client.delete(kind, ...rest),
  };
}

function isApplication(kind: Kind<never> | Kind<KubeObject>): boolean {
  return kind.kind === Application.kind && kind.group === Application.group;
}

function isEventOfApplication(kind: Kind<KubeObject>, object: KubeObject): boolean {
  return kind.kind === Event.kind && (object as Event).involvedObject?.kind === Application.kind;
}

function unsupported(verb: string): Promise<never> {
  return Promise.reject(new ApiError('MethodNotAllowed', `Kargo does not ${verb} Applications of an Argo CD API server`));
}

function argoCDApplications(server: ArgoCDServer): Applications {
  const read = async ({ namespace, name }: ObjectKey, signal: AbortSignal | undefined): Promise<Application> => {
    try {
      const app = await server.call<Application>({
        method: 'GET',
        path: ['applications', name],
        query: { appNamespace: namespace },
        signal,
      });
      return typed(app);
    } catch (error) {
      // Without a project, Argo CD does not say whether an Application is missing or only hidden. A list shows what may be seen.
      if (!isReason(error, 'Forbidden', 'NotFound')) throw error;
      const { items } = await list({
        namespace,
        fieldSelector: `metadata.name=${name}`,
        ...(signal === undefined ? {} : { signal }),
      });
      if (items.length > 0) throw error;
      throw new ApiError('NotFound', `applications.argoproj.io "${name}" not found`, {
        details: { name, kind: 'applications', group: Application.group },
        cause: error,
      });
    }
  };

  const list = async (options: ListOptions = {}): Promise<KubeList<Application>> => {
    const answer = await server.call<{ metadata?: { resourceVersion?: string }; items?: Application[] | null }>({
      method: 'GET',
      path: ['applications'],
      query: queryOf(options),
      signal: options.signal,
    });
    const items = (answer.items ?? []).map(typed).filter((app) => isInNamespace(app, options.namespace));
    return { apiVersion: apiVersionOf(Application), kind: 'ApplicationList', metadata: { ...answer.metadata }, items } as never;
  };

  async function* watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<Application>> {
    // Argo CD keeps no history: each watch begins with everything there is, and one that breaks leaves a gap.
    const body = server.stream({
      method: 'GET',
      path: ['stream', 'applications'],
      query: queryOf(options),
      signal: options.signal,
    });
    try {
      for await (const result of streamedResults<{ type: 'ADDED' | 'MODIFIED' | 'DELETED'; application: Application }>(body)) {
        const object = typed(result.application);
        if (isInNamespace(object, options.namespace)) yield { type: result.type, object };
      }
    } catch (error) {
      if (options.signal?.aborted === true) return;
      throw error;
    }
    if (options.signal?.aborted !== true)
      throw new ApiError('Expired', 'Argo CD ended the watch of Applications: they are listed again');
  }

  const patch = async (key: ObjectKey, { type, body }: Patch, signal: AbortSignal | undefined): Promise<Application> => {
    if (type !== 'merge') return unsupported(`apply a ${type} patch to`);
    const { operation, status: _status, metadata, spec } = body as Fields;
    const { resourceVersion, ...meta } = (metadata ?? {}) as Fields;
    const before = await read(key, signal);
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw new ApiError('Conflict', `Application ${key.name} has been changed since it was read`);
    const change = { ...(Object.keys(meta).length === 0 ? {} : { metadata: meta }), ...(spec === undefined ? {} : { spec }) };
    const needed = createMergePatch(before, applyMergePatch(before, change) as Application) !== undefined;
    const after = needed ? typed(await server.call<Application>(patchCall(key, change as Json, signal))) : before;
    if (operation === undefined || operation === null) return after;
    return typed(await server.call<Application>(syncCall(key, operation, signal)));
  };

  return {
    get: (_kind, key, options) => read(key, options?.signal) as never,
    list: (_kind, options) => list(options) as never,
    watch: (_kind, options) => watch(options) as never,
    patch: (_kind, key, change, options) => patch(key, change, options?.signal) as never,
  };

  function syncCall(key: ObjectKey, operation: Json, signal: AbortSignal | undefined): Parameters<ArgoCDServer['call']>[0] {
    return {
      method: 'POST',
      path: ['applications', key.name, 'sync'],
      body: {
        name: key.name,
        ...(key.namespace === undefined ? {} : { appNamespace: key.namespace }),
        ...syncRequest(operation),
      },
      signal,
    };
  }
}

function patchCall(key: ObjectKey, change: Json, signal: AbortSignal | undefined): Parameters<ArgoCDServer['call']>[0] {
  return {
    method: 'PATCH',
    path: ['applications', key.name],
    body: {
      name: key.name,
      ...(key.namespace === undefined ? {} : { appNamespace: key.namespace }),
      patch: JSON.stringify(change),
      patchType: 'merge',
    },
    signal,
  };
}

function queryOf({ namespace, labelSelector, fieldSelector }: ListOptions): Record<string, string | undefined> {
  const name = /(?:^|,)metadata\.name=([^,]+)/.exec(fieldSelector ?? '')?.[1];
  return { appNamespace: namespace, selector: labelSelector, name };
}

function isInNamespace({ metadata }: Application, namespace: string | undefined): boolean {
  return namespace === undefined || namespace === '' || metadata.namespace === namespace;
}

/** Argo CD leaves the type out. */
function typed(app: Application): Application {
  return deepFreeze({ ...app, apiVersion: apiVersionOf(Application), kind: Application.kind });
}
