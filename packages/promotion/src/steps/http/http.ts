import { HttpError, WorkspaceError, type HttpResponse } from '@kargo/integrations';
import { TerminalStepError, type Step, type StepContext, type StepPorts, type StepResult } from '../../step.ts';
import { httpSchema, type HttpConfig } from './config.ts';
import { Criteria } from './criteria.ts';
import { milliseconds } from './duration.ts';
import { idempotencyKey, noteAnswered } from './idempotency.ts';
import { headersOf, shownURL, targetURL } from './request.ts';
import { responseEnvironment } from './response.ts';
import { namedOutputs } from '../schema.ts';

/** Bytes of bodies, both ways. */
const MAX_BODY = 2 * 1024 * 1024;
const TIMEOUT = 10_000;
const POLL_INTERVAL = 30_000;

/** The header of requests that change something; one of the same name in the configuration takes its place. */
const IDEMPOTENCY_KEY = 'idempotency-key';

/**
 * Sends an HTTP request and judges the answer, again and again until it is decided. Output: what `outputs` name, once it has succeeded.
 * Requests other than GET and HEAD are sent at least once: whether one arrived is not known when the process dies before the answer does,
 * so they carry an `Idempotency-Key` by which the server can tell.
 */
export const http: Step<HttpConfig> = {
  name: 'http',
  workspace: 'reads',
  bareVariables: { response: ['status', 'headers', 'header', 'body'] },
  outputs: namedOutputs,
  configSchema: httpSchema,

  async run(context, ports) {
    const { config } = context;
    const criteria = new Criteria(config, () => ports.clock.now());
    const url = targetURL(config.url, config.queryParams);
    const pollInterval = milliseconds('pollInterval', config.pollInterval, POLL_INTERVAL);
    const answer = await send(url, context, ports);
    const judgement = criteria.judge(answer.status, responseEnvironment(answer, config.responseContentType));
    return resultOf(judgement, `${methodOf(config)} ${shownURL(url)}`, answer.status, { context, pollInterval });
  },
};

async function resultOf(
  judgement: ReturnType<Criteria['judge']>,
  request: string,
  status: number,
  { context, pollInterval }: { context: StepContext<HttpConfig>; pollInterval: number },
): Promise<StepResult> {
  switch (judgement.kind) {
    case 'succeeded':
      return { status: 'Succeeded', output: judgement.output };
    case 'failed': {
      const because = judgement.because === undefined ? '' : `: ${JSON.stringify(judgement.because)}`;
      throw new TerminalStepError(`HTTP (${status}) response met failure criteria${because}`, { status: 'Failed' });
    }
    case 'refused':
      return {
        status: 'Failed',
        message: `${request} was answered with HTTP status ${status}; set successExpression to accept it`,
      };
    case 'open':
      if (changesSomething(context.config)) await noteAnswered(context);
      return {
        status: 'Running',
        waitingFor: `${request} to meet the criteria; its last answer was HTTP (${status})`,
        retryAfter: pollInterval,
      };
  }
}

async function send(url: string, context: StepContext<HttpConfig>, { http: port }: StepPorts): Promise<HttpResponse> {
  const { config, signal } = context;
  const headers = headersOf(config.headers);
  if (changesSomething(config)) headers[IDEMPOTENCY_KEY] ??= await idempotencyKey(context);
  try {
    return await port.send({
      method: methodOf(config),
      url,
      headers,
      body: await bodyOf(context),
      timeout: milliseconds('timeout', config.timeout, TIMEOUT),
      maxBody: MAX_BODY,
      insecureSkipTLSVerify: config.insecureSkipTLSVerify,
      proxy: config.proxy,
      signal,
    });
  } catch (error) {
    if (!(error instanceof HttpError) || error.code !== 'invalid') throw error;
    throw new TerminalStepError(error.message, { cause: error });
  }
}

async function bodyOf({ config, workspace }: StepContext<HttpConfig>): Promise<string | Uint8Array | undefined> {
  const { body = '', bodyFromFile = '' } = config;
  if (bodyFromFile === '') return body === '' ? undefined : body;
  try {
    return await workspace.readFile(bodyFromFile, { maxBytes: MAX_BODY });
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new TerminalStepError(`the body of the request cannot be read: ${error.message}`, { cause: error });
  }
}

function methodOf({ method = '' }: HttpConfig): string {
  return method === '' ? 'GET' : method;
}

function changesSomething(config: HttpConfig): boolean {
  const method = methodOf(config);
  return method !== 'GET' && method !== 'HEAD';
}
