import { ApiError } from '@kargo/api';
import type { Log } from '@kargo/kube';
import type { FastifyReply } from 'fastify';

/** A refusal with a status code of its own. `message` is for the caller. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export const badRequest = (message: string, options?: ErrorOptions): HttpError => new HttpError(400, message, options);

/** What callers see of failures that are none of their business. */
const INTERNAL = 'internal server error';

/** The code and text a failure is answered with. Only mistakes of callers and refusals of the API are told; the rest is logged. */
export function refusalOf(error: unknown): { code: number; message: string } {
  if (error instanceof HttpError) return error.code === 500 ? internal() : { code: error.code, message: error.message };
  if (error instanceof ApiError) return error.code === 500 ? internal() : { code: error.code, message: error.message };
  const { code, statusCode, message } = error as { code?: unknown; statusCode?: unknown; message?: unknown };
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return { code: 413, message: 'request body too large' };
  if (typeof code === 'string' && code.startsWith('FST_') && typeof statusCode === 'number' && statusCode < 500)
    return { code: statusCode, message: String(message) };
  return internal();
}

/** Answers a request with `{"error": …}`. */
export async function replyError(reply: FastifyReply, error: unknown, log: Log): Promise<void> {
  const { code, message } = refusalOf(error);
  if (code >= 500)
    log.error(
      { path: pathOf(reply), error: error instanceof Error ? (error.stack ?? error.message) : String(error) },
      'request failed',
    );
  await reply.code(code).send({ error: message });
}

function pathOf({ request }: FastifyReply): string {
  return request.url.split('?', 1)[0] ?? '';
}

function internal(): { code: number; message: string } {
  return { code: 500, message: INTERNAL };
}
