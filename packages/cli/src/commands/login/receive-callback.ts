import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CLIError } from '../../cli-error.ts';

/** Where the browser comes back to after a login. */
export interface Callback {
  redirectURI: string;
  /** The address that the browser was sent to. Fails when the provider says that the login failed. */
  answer: Promise<URL>;
  close(): void;
}

const PATH = '/auth/callback';

/**
 * Waits on a port of this machine for the browser to come back; 0 takes any that is free. What carries another `state` is refused and
 * does not end the wait: any page can send a browser here. Fails when the port is taken.
 */
export async function receiveCallback({ port, state }: { port: number; state: string }): Promise<Callback> {
  const { promise: answer, resolve, reject } = Promise.withResolvers<URL>();
  // Nobody may be waiting yet, or any more.
  answer.catch(() => undefined);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', redirectURI());
    const say = (status: number, text: string): void => {
      response.writeHead(status, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': "default-src 'none'",
        'Cache-Control': 'no-store',
        Connection: 'close',
      });
      response.end(`<!doctype html><title>Kargo</title><p>${text}</p>\n`);
    };
    if (request.method !== 'GET' || url.pathname !== PATH) return say(404, 'There is nothing here.');
    const given = url.searchParams.get('state');
    if (given === null) return say(400, 'The answer of the identity provider has no state.');
    if (given !== state) return say(400, 'This is not the answer to the login that is waiting.');
    const failure = url.searchParams.get('error');
    if (failure !== null) {
      say(400, 'The login failed. The terminal says why.');
      const why = url.searchParams.get('error_description') ?? failure;
      return reject(new CLIError('Request', `the identity provider refused the login: ${printable(why)}`));
    }
    if (url.searchParams.get('code') === null) return say(400, 'The answer of the identity provider has no code.');
    say(200, 'You are logged in. You can close this window.');
    resolve(url);
  });
  await new Promise<void>((ready, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      failed(
        error.code === 'EADDRINUSE'
          ? new CLIError(
              'Usage',
              `port ${port}, which the browser is to come back to, is taken: choose another with --port`,
              error,
            )
          : error,
      ),
    );
    // The loopback addresses only: nobody else is to see the code.
    server.listen(port, 'localhost', ready);
  });
  function redirectURI(): string {
    return `http://localhost:${(server.address() as AddressInfo).port}${PATH}`;
  }
  return {
    redirectURI: redirectURI(),
    answer,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Text from outside, without what could steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}]/gu, ' ').slice(0, 500);
}
