import { HttpError, type BodySink, type HttpResponseHead } from '@kargo/integrations';
import { TerminalStepError, type Step } from '../../step.ts';
import { duration, milliseconds } from '../http/duration.ts';
import { headersOf, headersSchema, queryParamsSchema, shownURL, targetURL, type NamedValue } from '../http/request.ts';
import { flag, object, text } from '../schema.ts';
import { claimFile } from './claim.ts';

export interface HttpDownloadConfig {
  url: string;
  outPath: string;
  allowOverwrite?: boolean | undefined;
  headers?: NamedValue[] | undefined;
  queryParams?: NamedValue[] | undefined;
  insecureSkipTLSVerify?: boolean | undefined;
  timeout?: string | undefined;
}

const MAX_BYTES = 100 * 1024 * 1024;
const TIMEOUT = 5 * 60_000;

/** Downloads a file of at most 100 MiB. It is there as a whole or not at all. */
export const httpDownload: Step<HttpDownloadConfig> = {
  name: 'http-download',
  configSchema: object(
    {
      url: text('What to download.'),
      outPath: text('File it goes to.'),
      allowOverwrite: flag('Replace a file that is there already; otherwise that is an error.'),
      headers: headersSchema,
      queryParams: queryParamsSchema,
      insecureSkipTLSVerify: flag('Accept any certificate of the server.'),
      timeout: duration('For the whole download; 5m if absent.'),
    },
    ['url', 'outPath'],
    { title: 'HTTPDownloadConfig' },
  ),

  async run(context, { http }) {
    const { config, workspace, signal } = context;
    const url = targetURL(config.url, config.queryParams);
    const timeout = milliseconds('timeout', config.timeout, TIMEOUT);
    await claimFile(context, config.outPath, config.allowOverwrite === true);
    const save: BodySink = (chunks) => workspace.writeFile(config.outPath, chunks);
    const { status } = await http
      .send({
        method: 'GET',
        url,
        headers: headersOf(config.headers),
        timeout,
        maxBody: MAX_BYTES,
        insecureSkipTLSVerify: config.insecureSkipTLSVerify,
        signal,
        receive: (head) => (isSuccess(head) ? (refuseAnnounced(head, url), save) : discard),
      })
      .catch((error: unknown) => {
        if (error instanceof HttpError && error.code === 'invalid') throw new TerminalStepError(error.message, { cause: error });
        throw error;
      });
    if (!isSuccess({ status }))
      return { status: 'Failed', message: `GET ${shownURL(url)} was answered with HTTP status ${status}` };
    return { status: 'Succeeded' };
  },
};

function isSuccess({ status }: Pick<HttpResponseHead, 'status'>): boolean {
  return status >= 200 && status <= 299;
}

/** What comes with an error is not looked at. */
const discard: BodySink = async () => undefined;

function refuseAnnounced({ headers }: HttpResponseHead, url: string): void {
  const announced = Number(headers['content-length'] ?? 0);
  if (announced > MAX_BYTES)
    throw new TerminalStepError(`${shownURL(url)} has ${announced} bytes; no more than ${MAX_BYTES} can be downloaded`, {
      status: 'Failed',
    });
}
