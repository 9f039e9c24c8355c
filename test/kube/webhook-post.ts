/** Posts to webhooks what no API server would send. */
import { request } from 'node:https';

export interface Post {
  port: number;
  path: string;
  servername: string;
  ca: string;
  body: string;
  contentType?: string;
}

/** Posts over a new connection. Fails when the server cannot be trusted, or does not answer with 200. */
export function post({ port, path, servername, ca, body, contentType = 'application/json' }: Post): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
    const sent = request({ host: '127.0.0.1', port, path, servername, ca, method: 'POST', headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`HTTP ${response.statusCode}: ${text}`)),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
