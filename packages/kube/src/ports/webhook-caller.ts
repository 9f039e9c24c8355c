import { request as httpsRequest } from 'node:https';

/** One question to a webhook. */
export interface WebhookCall {
  /** An `https:` URL. */
  url: string;
  /** Name that the certificate must carry, where that is not the host of the URL. */
  serverName?: string | undefined;
  /** PEM of the only authorities to trust. Without it, those of the system. */
  ca?: string | undefined;
  /** JSON. */
  body: string;
  /** How long the whole call may take, in milliseconds. */
  timeout: number;
}

/**
 * Asks webhooks. Resolves with the body of an answer with status 200; rejects for any other, for one that is too large or late, and for a
 * server that cannot be reached or trusted. Redirections are not followed.
 */
export type WebhookCaller = (call: WebhookCall) => Promise<string>;

/** The largest answer, in bytes. */
const MAX_ANSWER = 3 * 1024 * 1024;

/** Webhooks on the network. */
export const systemWebhookCaller: WebhookCaller = ({ url, serverName, ca, body, timeout }) =>
  new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeout);
    const sent = httpsRequest(
      url,
      {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          'content-length': Buffer.byteLength(body),
        },
        agent: false,
        signal,
        ...(ca === undefined ? {} : { ca }),
        ...(serverName === undefined ? {} : { servername: serverName }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER) response.destroy(new Error(`the answer is larger than ${MAX_ANSWER} bytes`));
          else chunks.push(chunk);
        });
        response.once('error', reject);
        response.once('end', () => {
          if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
          else reject(new Error(`the webhook answered with HTTP ${response.statusCode}`));
        });
      },
    );
    sent.once('error', (error) => {
      reject(signal.aborted ? new Error(`no answer within ${timeout / 1000} s`, { cause: error }) : error);
    });
    sent.end(body);
  });
