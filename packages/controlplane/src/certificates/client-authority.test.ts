import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { certificateUser } from '@kargo/apiserver';
import { systemClock } from '@kargo/kube';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listen } from '../listener.ts';
import { issueCertificate, selfSigned, type Certificate } from './certificate.ts';
import { canSign, CLIENT_AUTHORITY_FILE, clientCertificate, loadClientAuthority } from './client-authority.ts';

const NOW = Date.now();
const VALID = { from: NOW - 60_000, to: NOW + 3_600_000 };
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'client-authority-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Whom a server that trusts this authority takes a client for. */
async function takenFor({ cert, key }: Certificate, authority: string): Promise<unknown> {
  const certificate = selfSigned(['127.0.0.1'], NOW);
  const listener = await listen({
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    certificate,
    clientAuthority: authority,
    kubernetes: (asked, response) => response.end(JSON.stringify(certificateUser(asked, systemClock) ?? null)),
    rest: (_, response) => response.end(),
  });
  const { port } = new URL(listener.address);
  try {
    return await new Promise((resolve, reject) => {
      request(`https://127.0.0.1:${port}/api/v1`, { ca: certificate.cert, cert, key, agent: false }, (response) => {
        response.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text)));
      })
        .once('error', reject)
        .end();
    });
  } finally {
    await listener.close();
  }
}

it('the authority of a data folder is made once, and signs', async () => {
  const made = await loadClientAuthority(directory, NOW);
  expect((await stat(join(directory, CLIENT_AUTHORITY_FILE))).mode & 0o777).toBe(0o600);
  expect(await readdir(directory)).toEqual([CLIENT_AUTHORITY_FILE]);
  const again = await loadClientAuthority(directory, NOW);
  expect(canSign(again)).toBe(true);
  const jane = clientCertificate(again, { name: 'jane', groups: ['staff'] }, { now: NOW, milliseconds: 60_000 });
  expect(await takenFor(jane, made.cert)).toEqual({ username: 'jane', groups: ['staff', 'system:authenticated'] });
});

it('authorities of others may take its place, several while one follows another', async () => {
  const [old, next, stranger] = ['old', 'next', 'stranger'].map((name) =>
    issueCertificate({ name, hosts: [], ...VALID, use: 'authority' }),
  );
  await writeFile(join(directory, CLIENT_AUTHORITY_FILE), `${old?.cert}${next?.cert}`);
  const loaded = await loadClientAuthority(directory, NOW);
  expect(loaded.key).toBe('');
  expect(canSign(loaded)).toBe(false);
  const signed = (issuer: string, by: Certificate | undefined): Certificate =>
    issueCertificate({ name: 'kim', hosts: [], ...VALID, use: 'client', issuer: { name: issuer, key: by?.key ?? '' } });
  for (const [name, by] of [
    ['old', old],
    ['next', next],
  ] as const)
    expect(await takenFor(signed(name, by), loaded.cert)).toEqual({ username: 'kim', groups: ['system:authenticated'] });
  expect(await takenFor(signed('stranger', stranger), loaded.cert)).toBeNull();
});

it.each(['', 'no certificate', '-----BEGIN CERTIFICATE-----\ncut'])('a file with %j lets nobody in', async (text) => {
  await writeFile(join(directory, CLIENT_AUTHORITY_FILE), text);
  await expect(loadClientAuthority(directory, NOW)).rejects.toThrow(/holds no certificate in PEM form/);
});
