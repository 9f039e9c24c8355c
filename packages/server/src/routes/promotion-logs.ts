import { Promotion } from '@kargo/api';
import { promotionStepLog, promotionStepLogs, type StepLogPiece, type StepLogs } from '@kargo/promotion';
import { whenGone } from '../http/event-stream.ts';
import { HttpError } from '../http/http-error.ts';
import { param, queryText } from '../http/query.ts';
import { streamText } from '../http/text-stream.ts';
import { readOne } from '../objects.ts';
import type { Routes } from '../route.ts';

/** What the steps of Promotions did and said, live and later. Who may read a Promotion may read its logs. */
export const promotionLogRoutes: Routes = (server, services) => {
  const { clientFor, privileged: reader, config } = services;
  const kept = (): StepLogs => {
    if (config.stepLogs === undefined) throw new HttpError(501, 'logs of steps are kept where the promotions run, not here');
    return config.stepLogs;
  };

  server.get('/promotions/:promotion/logs', async (request) => {
    const project = param(request, 'project');
    const promotion = param(request, 'promotion');
    await readOne(clientFor(request), Promotion, { namespace: project, name: promotion });
    return { steps: await promotionStepLogs({ project, promotion }, { reader, logs: kept() }) };
  });

  server.get('/promotions/:promotion/steps/:step/logs', async (request, reply) => {
    const project = param(request, 'project');
    const promotion = param(request, 'promotion');
    await readOne(clientFor(request), Promotion, { namespace: project, name: promotion });
    const leaving = whenGone(reply);
    const follow = queryText(request, 'follow') === 'true';
    const from = offset(queryText(request, 'from'));
    const wanted = { project, promotion, step: param(request, 'step'), from, follow, signal: leaving.signal };
    const pieces = textOf(await promotionStepLog(wanted, { reader, logs: kept() }));
    return streamText(request, reply, services.streaming, pieces, leaving);
  });
};

function offset(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new HttpError(400, `from must be a number of bytes, not ${JSON.stringify(text)}`);
  return value;
}

async function* textOf(pieces: AsyncIterable<StepLogPiece>): AsyncGenerator<string> {
  for await (const { text } of pieces) yield text;
}
