import { annotations, encodeRequest, Stage, type VerificationInfo } from '@kargo/api';
import type { FastifyRequest } from 'fastify';
import { annotate } from '../annotate.ts';
import { HttpError } from '../http/http-error.ts';
import { param } from '../http/query.ts';
import type { Routes } from '../route.ts';
import { readOne } from '../objects.ts';
import type { Services } from '../services.ts';

const ENDED = new Set(['Successful', 'Failed', 'Error', 'Aborted', 'Inconclusive']);

/** Verifies the current Freight of a Stage again, or stops verifying it. */
export const stageVerificationRoutes: Routes = (server, services) => {
  server.post('/stages/:stage/verification', async (request, reply) => {
    await ask(services, request, annotations.reverify, () => true);
    return reply.code(200).send();
  });

  server.post('/stages/:stage/verification/abort', async (request, reply) => {
    await ask(services, request, annotations.abort, ({ phase }) => !ENDED.has(phase ?? ''));
    return reply.code(200).send();
  });
};

/** Asks for something about the last verification of the current Freight, where `applies` says that there is something to ask for. */
async function ask(
  { clientFor, actor, require }: Services,
  request: FastifyRequest,
  annotation: string,
  applies: (verification: VerificationInfo) => boolean,
): Promise<void> {
  const client = clientFor(request);
  const key = { namespace: param(request, 'project'), name: param(request, 'stage') };
  const stage = await readOne(client, Stage, key);
  await require(request, 'patch', Stage, key);
  const current = stage.status?.freightHistory?.[0];
  if (current === undefined) throw new HttpError(409, `Stage "${key.name}" has no current Freight that could be verified`);
  const verification = current.verificationHistory?.[0];
  if (verification?.id === undefined || verification.id === '')
    throw new HttpError(
      409,
      `the current Freight of Stage "${key.name}" has not been verified yet, so there is no verification to refer to`,
    );
  if (!applies(verification)) return;
  await annotate(client, Stage, key, annotation, encodeRequest({ id: verification.id, actor: actor(request) }));
}
