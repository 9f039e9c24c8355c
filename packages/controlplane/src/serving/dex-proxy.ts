import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { pipeline } from 'node:stream';
import { ConfigError } from '../config-error.ts';

/** The identity broker that is installed beside the server. */
export interface DexSettings {
  /** Where it is reached from here. */
  address: string;
  /** PEM of the authority of its certificate; absent: those that this machine trusts. */
  ca?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How long the broker may take to begin its answer, in milliseconds. */
const TIMEOUT = 30_000;
/** Headers that are about one connection, not about what goes over it. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** `DEX_ENABLED`, `DEX_SERVER_ADDRESS` and `DEX_CA_CERT_PATH`. Fails with {@link ConfigError}, also for a certificate that cannot be read. */
export async function dexSettings(env: Environment): Promise<DexSettings | undefined> {
  if (env['DEX_ENABLED'] !== 'true') return undefined;
  const { DEX_SERVER_ADDRESS: address = '', DEX_CA_CERT_PATH: file = '' } = env;
  if (!URL.canParse(address) || !/^https?:/.test(address))
    throw new ConfigError(`DEX_SERVER_ADDRESS must be a URL such as https://dex-server; found ${JSON.stringify(address)}`);
  if (file === '') return { address };
  let ca: string;
  try {
    ca = await readFile(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(`DEX_CA_CERT_PATH cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) throw new ConfigError('DEX_CA_CERT_PATH holds no certificate in PEM');
  return { address, ca };
}

/** Whether a request is for the broker: below `/dex`, which is its issuer. */
export function isForDex(url: string, basePath: string): boolean {
  return url.startsWith(`${basePath}/dex/`) || url === `${basePath}/dex`;
}

/** Hands requests on to the broker and its answers back, as they are. */
export function dexProxy({ address, ca }: DexSettings): RequestListener {
  const { protocol, hostname: host, port } = new URL(address);
  const hostname = host.replace(/^\[|\]$/g, '');
  return (request, response) => {
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    const forwarded = {
      ...endToEnd(request.headers),
      'x-forwarded-host': request.headers.host ?? '',
      'x-forwarded-for': request.socket.remoteAddress ?? '',
    };
    const outgoing = send(
      {
        hostname,
        port,
        path: request.url,
        method: request.method,
        headers: forwarded,
        timeout: TIMEOUT,
        ...(ca === undefined ? {} : { ca }),
        // It would be taken from the Host of whoever asks, which is not the name that the broker proves.
        servername: isIP(hostname) === 0 ? hostname : '',
        minVersion: 'TLSv1.2',
      },
      (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, endToEnd(incoming.headers));
        // What breaks off must not look like an answer that is still coming.
        pipeline(incoming, response, () => undefined);
      },
    );
    const failed = (why: string): void => {
      if (response.headersSent) response.destroy();
      else
        response
          .writeHead(502, { 'content-type': 'application/json; charset=utf-8' })
          .end(JSON.stringify({ error: `the identity broker cannot be reached: ${why}` }));
    };
    outgoing.on('error', (error) => failed(error.message));
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT / 1000} s`)));
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  };
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_BY_HOP.has(name)));
}
