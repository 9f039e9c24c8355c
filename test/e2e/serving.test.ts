import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigMap, Namespace } from '@kargo/api';
import { parseUpConfig, selfSigned, startControlPlane, type ControlPlane } from '@kargo/controlplane';
import { httpClient, silentLog, systemClock } from '@kargo/kube';
import type { AuditEntry } from '@kargo/server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let directory: string;
let plane: ControlPlane | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kargo-serving-'));
});
afterEach(async () => {
  await plane?.stop();
  plane = undefined;
  await rm(directory, { recursive: true });
});

const PASSWORD = 'a password';

async function start(env: Record<string, string> = {}): Promise<ControlPlane> {
  const config = parseUpConfig(['--data', join(directory, 'data'), '--listen', '127.0.0.1:0'], {
    KARGO_ADMIN_PASSWORD: PASSWORD,
    ...env,
  });
  if (config === undefined) throw new Error('no configuration');
  plane = await startControlPlane({ config, log: silentLog });
  return plane;
}

interface Answer {
  status: number;
  text: string;
  location?: string | undefined;
}

function ask(url: string, { ca, token, method = 'GET' }: { ca?: string; token?: string; method?: string } = {}): Promise<Answer> {
  const send = url.startsWith('https') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    // Each question on its own connection: one kept from before could be cut while it is chosen again.
    send(url, { method, headers, agent: false, ...(ca === undefined ? {} : { ca }) }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, location: response.headers.location }));
    })
      .on('error', reject)
      .end();
  });
}

const login = async (address: string, ca?: string): Promise<string> => {
  const { text } = await ask(`${address}/v1beta1/login`, {
    method: 'POST',
    token: PASSWORD,
    ...(ca === undefined ? {} : { ca }),
  });
  return (JSON.parse(text) as { idToken: string }).idToken;
};

describe('kargo up', () => {
  it('is measured, and writes down what is done through either API, which survives a restart', async () => {
    const { address, kubeToken, stop } = await start({ KARGO_VIEWERS_CLAIMS: '{"groups":["everybody"]}' });
    const token = await login(address);
    const kube = httpClient({ baseURL: address, token: kubeToken });
    await kube.create(ConfigMap, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'by-kubectl', namespace: 'kargo' },
      data: {},
    });
    await kube.get(Namespace, { name: 'kargo' });
    const { text } = await ask(`${address}/metrics`, { token });
    for (const name of [
      'kargo_reconcile_duration_seconds_count',
      'process_resident_memory_bytes',
      'kargo_http_request_duration_seconds',
    ])
      expect(text).toContain(name);
    const roles = JSON.parse((await ask(`${address}/v1beta1/system/roles`, { token })).text) as {
      metadata: { name: string };
      claims: object[];
    }[];
    expect(roles.map(({ metadata, claims }) => [metadata.name, claims])).toEqual([
      ['kargo-admin', []],
      ['kargo-project-creator', []],
      ['kargo-user', []],
      ['kargo-viewer', [{ name: 'groups', values: ['everybody'] }]],
    ]);
    const entries = async (at: string, as: string): Promise<string[]> => {
      const { items } = JSON.parse((await ask(`${at}/v1beta1/system/audit-log`, { token: as })).text) as { items: AuditEntry[] };
      return items.map(({ actor, via, operation, objects }) => `${actor} ${via} ${operation} ${objects[0]?.name ?? ''}`.trim());
    };
    const wanted = ['kubernetes:admin kubernetes create configmaps', 'anonymous rest AdminLogin'];
    expect(await entries(address, token)).toEqual(wanted);
    await stop();
    plane = undefined;
    const again = await start();
    expect((await entries(again.address, await login(again.address))).slice(1)).toEqual(wanted);
  });

  it('presents the certificate that it is given, and speaks nothing else where that is wanted', async () => {
    const { cert, key } = selfSigned(['127.0.0.1'], systemClock.now());
    const files = { TLS_CERT_PATH: join(directory, 'tls.crt'), TLS_KEY_PATH: join(directory, 'tls.key') };
    await writeFile(files.TLS_CERT_PATH, cert);
    await writeFile(files.TLS_KEY_PATH, key);
    const { address } = await start({ ...files, TLS_ENABLED: 'true' });
    expect(address.startsWith('https://')).toBe(true);
    const token = await login(address, cert);
    expect((await ask(`${address}/v1beta1/access/whoami`, { ca: cert, token })).status).toBe(200);
    const plain = await ask(`${address.replace('https', 'http')}/v1beta1/projects?x=1`);
    expect([plain.status, plain.location]).toEqual([308, `${address}/v1beta1/projects?x=1`]);
  });

  it.each([
    ['a key of another certificate', 'is not that of the certificate'],
    ['no file', 'ENOENT'],
  ])('does not start with %s', async (what, problem) => {
    const files = { TLS_CERT_PATH: join(directory, 'tls.crt'), TLS_KEY_PATH: join(directory, 'tls.key') };
    if (what !== 'no file') {
      await writeFile(files.TLS_CERT_PATH, selfSigned(['a'], systemClock.now()).cert);
      await writeFile(files.TLS_KEY_PATH, selfSigned(['a'], systemClock.now()).key);
    }
    await expect(start(files)).rejects.toThrow(problem);
  });

  it('answers who has asked before it stops, and ends streams', async () => {
    const { address, stop } = await start();
    const token = await login(address);
    const ended = new Promise<void>((resolve) => {
      httpRequest(
        `${address}/v1beta1/system/cluster-config?watch=true`,
        { headers: { authorization: `Bearer ${token}` } },
        (response) => {
          response.resume();
          response.on('close', resolve);
        },
      ).end();
    });
    // Checking a password takes time: this is under way when the stop begins.
    const slow = ask(`${address}/v1beta1/login`, { method: 'POST', token: PASSWORD });
    await new Promise((resolve) => setTimeout(resolve, 20));
    const stopping = stop();
    plane = undefined;
    expect((await slow).status).toBe(200);
    await stopping;
    await ended;
    // Reset, where a program that this process is just starting holds its sockets for a moment longer.
    await expect(ask(`${address}/healthz`)).rejects.toThrow(/ECONNREFUSED|ECONNRESET/);
  });
});
