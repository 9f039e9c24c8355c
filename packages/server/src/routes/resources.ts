import type { KubeObject, Secret } from '@kargo/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { noteObject, noteQuestion } from '../audit/audit-requests.ts';
import { refusalOf } from '../http/http-error.ts';
import { queryFlag } from '../http/query.ts';
import { textBody } from '../http/request-body.ts';
import { wireOf, type Wire } from '../http/wire.ts';
import { entryMessage, inOrder, ManifestWriter, type Outcome } from '../manifests/manifest-writer.ts';
import { parseManifests } from '../manifests/parse-manifests.ts';
import type { Routes } from '../route.ts';

/** Largest body of manifests, in bytes. */
const BODY_LIMIT = 4 * 1024 * 1024;

/** Writes any resources from manifests. */
export const resourceRoutes: Routes = (server, services) => {
  server.post('/resources', { bodyLimit: BODY_LIMIT }, (request, reply) => {
    const writer = new ManifestWriter(services, request, { dryRun: dryRunOf(request) });
    return each(request, reply, 201, 'first', (object) => writer.create(object));
  });

  server.put('/resources', { bodyLimit: BODY_LIMIT }, (request, reply) => {
    const writer = new ManifestWriter(services, request, {
      dryRun: dryRunOf(request),
      sameVersion: queryFlag(request, 'sameVersion'),
    });
    const upsert = queryFlag(request, 'upsert');
    return each(request, reply, 200, 'first', (object) => writer.update(object, upsert));
  });

  server.delete('/resources', { bodyLimit: BODY_LIMIT }, (request, reply) => {
    const writer = new ManifestWriter(services, request);
    return each(request, reply, 200, 'last', (object) => writer.delete(object));
  });
};

function dryRunOf(request: FastifyRequest): boolean {
  const dryRun = queryFlag(request, 'dryRun');
  if (dryRun) noteQuestion(request);
  return dryRun;
}

const MANIFEST_KEYS = {
  created: 'createdResourceManifest',
  updated: 'updatedResourceManifest',
  deleted: 'deletedResourceManifest',
} as const;

/** One result for each object, in the order in which they were handled. The failure of a single object is that of the request. */
async function each(
  request: FastifyRequest,
  reply: FastifyReply,
  code: number,
  projects: 'first' | 'last',
  write: (object: KubeObject) => Promise<Outcome>,
): Promise<unknown> {
  const objects = inOrder(parseManifests(textBody(request)), projects);
  const wire = wireOf(request);
  const results: Record<string, unknown>[] = [];
  for (const object of objects) {
    const outcome = await write(object);
    noteObject(request, outcome.done === 'failed' ? object : outcome.object, outcome.done);
    if (outcome.done !== 'failed') {
      const rehearsed = outcome.before === undefined ? {} : rehearsal(outcome.before, outcome.object, wire);
      results.push({ [MANIFEST_KEYS[outcome.done]]: wire(outcome.object), ...rehearsed });
      continue;
    }
    if (objects.length === 1) throw outcome.error;
    results.push({ error: entryMessage(object, outcome.doing, outcome.error, refusalOf(outcome.error).message) });
  }
  return reply.code(code).send({ results });
}

/** What there is now beside what there would be. Of Secrets, whose values are not shown, the keys with other values are named. */
function rehearsal(before: KubeObject, after: KubeObject, wire: Wire): Record<string, unknown> {
  const shown = { currentResourceManifest: wire(before) };
  if (after.kind !== 'Secret') return shown;
  const [old, now] = [dataOf(before), dataOf(after)];
  const keys = Object.keys({ ...old, ...now }).filter((key) => old[key] !== now[key]);
  return { ...shown, changedSecretKeys: keys.toSorted() };
}

function dataOf(secret: KubeObject): Record<string, string> {
  const { data = {}, stringData = {} } = secret as Partial<Secret>;
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return { ...data, ...Object.fromEntries(encoded) } as Record<string, string>;
}
