/** What steps ask others to do, in the form in which it is compared with a plan. */
import { createHash, scrypt } from 'node:crypto';
import { Application, keyText, type FreightCollection, type Json, type Promotion } from '@kargo/api';
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

/**
 * Ports that call `before` with every pull request, HTTP request and change of an Argo CD Application that is to be sent, and send it only
 * if that does not fail. What only reads, or has Argo CD look again, passes.
 */
export function watchedPorts(ports: StepPorts, before: (request: SentRequest) => Promise<void>): StepPorts {
  const { http, pullRequests, client } = ports;
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
        const { sourceBranch, targetBranch, title, description } = request;
        const words = `the pull request from ${sourceBranch} to ${targetBranch}`;
        await before(aRequest('pull request', words, { url: repository.url, sourceBranch, targetBranch, title, description }));
        return pullRequests.create(repository, request, options);
      },
      update: async (repository, number, change, options) => {
        const { title, description } = change;
        const content = { url: repository.url, number, title, description };
        await before(aRequest('pull request', `the new words of pull request ${number}`, content));
        return pullRequests.update(repository, number, change, options);
      },
    }),
    client: overriding(client, {
      patch: (async (kind, key, patch, options) => {
        const change = kind.kind === Application.kind && patch.type === 'merge' ? changeOf(patch.body) : undefined;
        const words = `the change of Argo CD Application ${keyText(key)}`;
        if (change !== undefined) await before(aRequest(`Application ${keyText(key)}`, words, change));
        return client.patch(kind, key, patch, options);
      }) as Client['patch'],
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

function httpRequest({ method, url, body }: HttpRequest): SentRequest {
  // Bytes as text, so that names and ids in them are found.
  const text = body === undefined || typeof body === 'string' ? body : Buffer.from(body).toString('latin1');
  const words = `the ${method.toUpperCase()} request to ${URL.canParse(url) ? new URL(url).host : 'an unreadable URL'}`;
  return aRequest('HTTP', words, { method: method.toUpperCase(), url, body: text }, true);
}

/** What a patch changes of an Application; nothing if it only has Argo CD look again. Its status and version say when, not what. */
function changeOf(body: object): Json | undefined {
  const { spec, operation } = body as { spec?: Json; operation?: Json };
  if (spec === undefined && operation === undefined) return undefined;
  return JSON.parse(JSON.stringify({ spec, operation })) as Json;
}
