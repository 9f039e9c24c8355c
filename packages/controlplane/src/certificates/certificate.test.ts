import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { loadCertificate, selfSigned } from './certificate.ts';
import { listen } from '../listener.ts';

const NOW = Date.now();
const HOSTS = ['127.0.0.1', '::1', 'localhost'];

describe('the certificate of a data folder', () => {
  it('covers its hosts, is signed by itself and valid for a year', () => {
    const certificate = new X509Certificate(selfSigned(HOSTS, NOW).cert);
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.checkHost('localhost')).toBe('localhost');
    expect(certificate.checkHost('example.org')).toBeUndefined();
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(Date.parse(certificate.validTo) - NOW).toBeGreaterThan(364 * 24 * 3600 * 1000);
  });

  it('is kept, private, until it ends soon or another host is wanted', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'certificate-'));
    const first = await loadCertificate(directory, HOSTS, NOW);
    expect((await stat(join(directory, 'tls.pem'))).mode & 0o777).toBe(0o600);
    expect(await loadCertificate(directory, HOSTS, NOW)).toEqual(first);
    expect((await loadCertificate(directory, [...HOSTS, 'kargo.example.org'], NOW)).cert).not.toBe(first.cert);
    const before = await readFile(join(directory, 'tls.pem'), 'utf8');
    await loadCertificate(directory, HOSTS, NOW + 320 * 24 * 3600 * 1000);
    expect(await readFile(join(directory, 'tls.pem'), 'utf8')).not.toBe(before);
    await rm(directory, { recursive: true });
  });

  it('secures the port that also answers plain HTTP', async () => {
    const certificate = selfSigned(HOSTS, NOW);
    const listener = await listen({
      clock: systemClock,
      host: '127.0.0.1',
      port: 0,
      certificate,
      kubernetes: (_request, response) => response.end('kubernetes'),
      rest: (_request, response) => response.end('rest'),
    });
    const { port } = new URL(listener.address) as unknown as AddressInfo;
    expect(await (await fetch(`${listener.address}/v1beta1/x`)).text()).toBe('rest');
    const secure = await new Promise<string>((resolve, reject) => {
      request(`https://127.0.0.1:${port}/api/v1`, { ca: certificate.cert }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      })
        .once('error', reject)
        .end();
    });
    expect(secure).toBe('kubernetes');
    await listener.close();
  });
});
