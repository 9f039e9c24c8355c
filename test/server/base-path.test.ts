import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { normalBasePath } from '@kargo/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPipeline, type Harness } from './harness.ts';

let harness: Harness;
let dashboard: string;
beforeAll(async () => {
  dashboard = mkdtempSync(join(tmpdir(), 'kargo-ui-'));
  writeFileSync(join(dashboard, 'index.html'), '<html><head><base href="/" /></head></html>');
  writeFileSync(join(dashboard, 'app.js'), 'run()');
  harness = await openPipeline({ basePath: ' /apps/kargo/ ', dashboard });
});
afterAll(() => rmSync(dashboard, { recursive: true }));

const get = async (url: string): Promise<{ status: number; text: string; location: unknown }> => {
  const { server, token } = harness;
  const answer = await server.inject({ method: 'GET', url, headers: { authorization: `Bearer ${token}` } });
  return { status: answer.statusCode, text: answer.body, location: answer.headers['location'] };
};

describe('a server below a base path', () => {
  it.each([
    ['kargo', '/kargo'],
    ['/kargo/', '/kargo'],
    [' /a/b ', '/a/b'],
    ['/', ''],
    [' ', ''],
    [undefined, ''],
  ])('takes %j for %j', (text, path) => {
    expect(normalBasePath(text)).toBe(path);
  });

  it('answers there, and nowhere else', async () => {
    expect((await get('/apps/kargo/v1beta1/projects')).status).toBe(200);
    expect(await get('/v1beta1/projects')).toMatchObject({
      status: 404,
      text: '{"error":"there is nothing at GET /v1beta1/projects"}',
    });
    expect((await get('/apps/kargonaut/v1beta1/projects')).status).toBe(404);
    expect((await get('/')).status).toBe(404);
  });

  it('says that it is healthy with and without it', async () => {
    for (const path of ['/healthz', '/apps/kargo/healthz', '/readyz', '/metrics', '/apps/kargo/metrics'])
      expect([path, (await get(path)).status === 404]).toEqual([path, path.endsWith('metrics')]);
  });

  it('redirects to itself', async () => {
    expect(await get('/apps/kargo')).toMatchObject({ status: 301, location: '/apps/kargo/' });
    expect(await get('/apps/kargo/v1beta1/projects/?filter=a')).toMatchObject({
      status: 301,
      location: '/apps/kargo/v1beta1/projects?filter=a',
    });
  });

  it('tells its pages where they are', async () => {
    for (const path of ['/apps/kargo/', '/apps/kargo/project/demo', `/apps/kargo/project/${'a'.repeat(300)}`])
      expect((await get(path)).text).toBe('<html><head><base href="/apps/kargo/" /></head></html>');
    expect((await get('/apps/kargo/app.js')).text).toBe('run()');
  });

  it('describes itself with it', async () => {
    expect(JSON.parse((await get('/apps/kargo/v1beta1/openapi.json')).text)).toMatchObject({ servers: [{ url: '/apps/kargo' }] });
  });

  it('asks who wants something as it does without one', async () => {
    const answer = await harness.server.inject({ method: 'GET', url: '/apps/kargo/v1beta1/projects' });
    expect([answer.statusCode, answer.headers['cache-control']]).toEqual([401, 'no-store']);
  });

  it('leaves the paths of webhook receivers as they are published', async () => {
    const path = `/apps/kargo/webhooks/github/${'0'.repeat(64)}`;
    const answer = await harness.server.inject({ method: 'POST', url: path, payload: '{}' });
    expect([answer.statusCode, answer.body]).toEqual([404, '{}']);
  });
});
