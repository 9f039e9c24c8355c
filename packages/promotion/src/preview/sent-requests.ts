/** What steps ask others to do, in the form in which it is compared with a plan. */
import { createHash, scrypt } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Application, Freight, keyText, Stage, type FreightCollection, type Json, type Promotion } from '@kargo/api';
import type { HttpRequest } from '@kargo/integrations';
import type { Client } from '@kargo/kube';
import type { StepPorts } from '../step.ts';
import { canonical } from './canonical.ts';
import { overriding } from './overriding.ts';
import { isSafeMethod } from './recording-requests.ts';

/** A request that changes something elsewhere. */
export interface SentRequest {
  /** What it is about; requests of one step about the same are compared with each other. */
  subject: string;
  /** In words, for people. Without secrets. */
  words: string;
  /** All that is compared. May hold secrets. */
  content: Json;
  /** What the step asks for after the answer depends on that answer, which no preview knows. */
  decides: boolean;
}

/** Takes the place of what makes names of promotions unique. In previews it is zeros. */
const ULID = /\.[0-9a-z]{26}\./;
/** Ids of commits and trees; not the digests of images. */
const OBJECT_ID = /(?<![0-9a-z]|sha256:)(?:[0-9a-f]{64}|[0-9a-f]{40})(?![0-9a-z])/g;

/** The name that a promotion has in previews. */
export function nameInPreviews(name: string): string {
  return name.replace(ULID, `.${'0'.repeat(26)}.`);
}

/** Headers that tell one sending from another, not what is sent. */
const UNCOMPARED: ReadonlySet<string> = new Set(['idempotency-key', 'user-agent', 'content-length']);
/** References by content: pushing them moves nothing. */
const DIGEST = /^sha(?:256|512):/;

/**
 * Ports that call `before` with everything that is to be changed elsewhere, and do it only if that does not fail: pull requests that are
 * opened, changed, closed or merged, HTTP requests, artifacts that are pushed, and changes of Argo CD Applications, of metadata and of
 * aliases. What only reads, or has Argo CD look again, passes; so does git, whose pushes are compared by their trees.
 */
export function watchedPorts(ports: StepPorts, before: (request: SentRequest) => Promise<void>): StepPorts {
  const { http, pullRequests, registries, client } = ports;
  return {
    ...ports,
    http: overriding(http, {
      send: async (request) => {
        if (!isSafeMethod(request.method)) await before(httpRequest(request));
        return http.send(request);
      },
    }),
    pullRequests: overriding(pullRequests, {
      create: async (repository, request, options) => {
        const { sourceBranch, targetBranch } = request;
        const words = `the pull request from ${sourceBranch} to ${targetBranch}`;
        await before(aRequest('pull request', words, { ...request, url: repository.url }));
        return pullRequests.create(repository, request, options);
      },
      update: async (repository, number, change, options) => {
        const content = { ...change, url: repository.url, number };
        await before(aRequest('pull request', `the new words of pull request ${number}`, content));
        return pullRequests.update(repository, number, change, options);
      },
      close: async (repository, number, reason, options) => {
        await before(aRequest(`closing ${number}`, `the closing of pull request ${number}`, { url: repository.url, number }));
        return pullRequests.close(repository, number, reason, options);
      },
      merge: async (repository, number, options) => {
        const content = { url: repository.url, number, method: options?.method };
        await before(aRequest(`merging ${number}`, `the merge of pull request ${number}`, content));
        return pullRequests.merge(repository, number, options);
      },
    }),
    registries: overriding(registries, {
      putManifest: async (access, reference, manifest) => {
        const { repository } = access;
        const content = {
          repository,
          reference,
          digest: `sha256:${createHash('sha256').update(manifest.content).digest('hex')}`,
        };
        if (!DIGEST.test(reference))
          await before(aRequest(`artifact ${repository}:${reference}`, `the artifact to ${repository}:${reference}`, content));
        return registries.putManifest(access, reference, manifest);
      },
    }),
    client: overriding(client, {
      patch: (async (kind, key, patch, options) => {
        const change = patch.type === 'merge' ? CHANGES.get(kind.kind)?.(patch.body) : undefined;
        const words = `the change of ${kind.kind === Application.kind ? 'Argo CD ' : ''}${kind.kind} ${keyText(key)}`;
        if (change !== undefined) await before(aRequest(`${kind.kind} ${keyText(key)}`, words, change));
        return client.patch(kind, key, patch, options);
      }) as Client['patch'],
      updateStatus: (async (kind, object, options) => {
        const key = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' };
        if (kind.kind === Stage.kind || kind.kind === Freight.kind) {
          const content = changedMetadata(await client.get(kind, key, options), object);
          await before(
            aRequest(`metadata of ${kind.kind} ${keyText(key)}`, `the metadata of ${kind.kind} ${keyText(key)}`, content),
          );
        }
        return client.updateStatus(kind, object, options);
      }) as Client['updateStatus'],
    }),
  };
}

/**
 * A digest by which a request is recognised, whenever it is made for this process. Expensive like that of a password, as requests may hold
 * secrets and plans are read by many. Ids of commits are not compared unless they stand in the process or its Freight: those of new commits
 * change with the time.
 */
export async function requestDigest(
  { content }: Pick<SentRequest, 'content'>,
  { promotion: { metadata, spec }, freight }: { promotion: Promotion; freight: FreightCollection },
): Promise<string> {
  const name = metadata.name ?? '';
  const process = JSON.stringify(canonical({ steps: spec.steps, vars: spec.vars ?? [], freight: freight.items ?? {} }));
  const named = name === '' ? content : (JSON.parse(JSON.stringify(content).replaceAll(name, nameInPreviews(name))) as Json);
  const text = JSON.stringify(canonical(named)).replaceAll(OBJECT_ID, (id) => (process.includes(id) ? id : '(commit)'));
  const salt = createHash('sha256').update(process).digest();
  return new Promise((resolve, reject) => {
    scrypt(createHash('sha256').update(text).digest(), salt, 18, (error, key) =>
      error === null ? resolve(key.toString('base64url')) : reject(error),
    );
  });
}

function aRequest(subject: string, words: string, content: unknown, decides = false): SentRequest {
  return { subject, words, content: JSON.parse(JSON.stringify(content)) as Json, decides };
}

function httpRequest({ method, url, headers = {}, body }: HttpRequest): SentRequest {
  // Bytes as text, so that names and ids in them are found.
  const text = body === undefined || typeof body === 'string' ? body : Buffer.from(body).toString('latin1');
  const words = `the ${method.toUpperCase()} request to ${URL.canParse(url) ? new URL(url).host : 'an unreadable URL'}`;
  const compared = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !UNCOMPARED.has(name));
  return aRequest('HTTP', words, { method: method.toUpperCase(), url, headers: Object.fromEntries(compared), body: text }, true);
}

/** What patches change, by kind, as far as it is compared; nothing if that is nothing. */
const CHANGES: ReadonlyMap<string, (body: object) => Json | undefined> = new Map([
  [Application.kind, changeOf],
  [Freight.kind, aliasOf],
]);

/** What a patch changes of an Application; nothing if it only has Argo CD look again. Its status and version say when, not what. */
function changeOf(body: object): Json | undefined {
  const { spec, operation } = body as { spec?: Json; operation?: Json };
  if (spec === undefined && operation === undefined) return undefined;
  return JSON.parse(JSON.stringify({ spec, operation })) as Json;
}

function aliasOf(body: object): Json | undefined {
  const { alias } = body as { alias?: Json };
  return alias === undefined ? undefined : { alias };
}

/** The keys of `status.metadata` that get another value, with it. */
function changedMetadata(before: object, after: object): Json {
  const metadataOf = (object: object): Readonly<Record<string, unknown>> =>
    (object as { status?: { metadata?: Record<string, unknown> } }).status?.metadata ?? {};
  const old = metadataOf(before);
  const isNew = ([name, value]: [string, unknown]): boolean => !isDeepStrictEqual(old[name], value);
  return Object.fromEntries(Object.entries(metadataOf(after)).filter(isNew)) as Json;
}
