import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../certificates/certificate.ts';
import { dexProxy, dexSettings, isForDex } from './dex-proxy.ts';

const folder = mkdtempSync(join(tmpdir(), 'kargo-dex-'));
const open: Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function listen(server: Server): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const echo: RequestListener = (request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    const { method, url, headers } = request;
    response.writeHead(418, { 'set-cookie': ['a=1', 'b=2'], 'content-type': 'application/json' });
    response.end(JSON.stringify({ method, url, body, host: headers.host, forwarded: headers['x-forwarded-host'] }));
  });
};

describe('the way to the identity broker', () => {
  let certificate: ReturnType<typeof selfSigned>;
  beforeAll(() => {
    certificate = selfSigned(['127.0.0.1'], Date.now());
    writeFileSync(join(folder, 'ca.pem'), certificate.cert);
    writeFileSync(join(folder, 'none.pem'), 'text');
  });

  it('hands requests on and answers back as they are', async () => {
    const address = `http://127.0.0.1:${await listen(createServer(echo))}`;
    const port = await listen(createServer(dexProxy({ address })));
    const answer = await fetch(`http://127.0.0.1:${port}/kargo/dex/token?x=1`, { method: 'POST', body: 'code=1' });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([418, ['a=1', 'b=2']]);
    expect(await answer.json()).toEqual({
      method: 'POST',
      url: '/kargo/dex/token?x=1',
      body: 'code=1',
      host: `127.0.0.1:${port}`,
      forwarded: `127.0.0.1:${port}`,
    });
  });

  it('trusts a certificate of its own authority, and no other', async () => {
    const address = `https://127.0.0.1:${await listen(createHttpsServer({ key: certificate.key, cert: certificate.cert }, echo))}`;
    const env = { DEX_ENABLED: 'true', DEX_SERVER_ADDRESS: address };
    const trusting = await dexSettings({ ...env, DEX_CA_CERT_PATH: join(folder, 'ca.pem') });
    const other = await dexSettings(env);
    if (trusting === undefined || other === undefined) throw new Error('switched on');
    const status = async (settings: typeof trusting): Promise<number> =>
      (await fetch(`http://127.0.0.1:${await listen(createServer(dexProxy(settings)))}/dex/keys`)).status;
    expect([await status(trusting), await status(other)]).toEqual([418, 502]);
  });

  it.each(['localhost', '127.0.0.1'])(
    'asks the broker at %s for a certificate of its own, whatever the server is called',
    async (host) => {
      const { key, cert } = selfSigned([host], Date.now());
      const address = `https://${host}:${await listen(createHttpsServer({ key, cert }, echo))}`;
      const port = await listen(createServer(dexProxy({ address, ca: cert })));
      const status = await new Promise((resolve, reject) => {
        request({ host: '127.0.0.1', port, path: '/dex/keys', headers: { host: 'kargo.example.com' } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(418);
    },
  );

  it('breaks off what the broker breaks off', async () => {
    const broken: RequestListener = (_, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy());
    };
    const address = `http://127.0.0.1:${await listen(createServer(broken))}`;
    const answer = await fetch(`http://127.0.0.1:${await listen(createServer(dexProxy({ address })))}/dex/keys`);
    await expect(answer.text()).rejects.toThrow();
  });

  it('says in JSON that the broker is away', async () => {
    const port = await listen(createServer(dexProxy({ address: 'http://127.0.0.1:1' })));
    const answer = await fetch(`http://127.0.0.1:${port}/dex/keys`);
    expect([answer.status, await answer.text()]).toEqual([
      502,
      expect.stringContaining('"error":"the identity broker cannot be reached'),
    ]);
  });

  it.each([
    ['/dex/keys', '', true],
    ['/dex', '', true],
    ['/dexter', '', false],
    ['/kargo/dex/keys', '/kargo', true],
    ['/dex/keys', '/kargo', false],
  ])('is taken by %s below %j: %s', (url, basePath, taken) => {
    expect(isForDex(url, basePath)).toBe(taken);
  });

  it.each([
    [{ DEX_ENABLED: 'true' }, /DEX_SERVER_ADDRESS must be a URL/],
    [
      { DEX_ENABLED: 'true', DEX_SERVER_ADDRESS: 'https://dex', DEX_CA_CERT_PATH: '/none/ca.pem' },
      /DEX_CA_CERT_PATH cannot be read/,
    ],
    [{ DEX_ENABLED: 'true', DEX_SERVER_ADDRESS: 'https://dex', DEX_CA_CERT_PATH: join(folder, 'none.pem') }, /no certificate/],
  ])('is not begun with %j', async (env, error) => {
    await expect(dexSettings(env)).rejects.toThrow(error);
    expect(await dexSettings({})).toBeUndefined();
  });
});
