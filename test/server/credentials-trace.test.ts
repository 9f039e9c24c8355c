import { Namespace, Secret } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { openPipeline } from './harness.ts';

const secret = (namespace: string, name: string, repoURL: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { namespace, name, labels: { 'kargo.akuity.io/cred-type': 'git' } },
  data: Object.fromEntries(
    Object.entries({ repoURL, username: 'kim', password: 'hunter2' }).map(([key, value]) => [
      key,
      Buffer.from(value).toString('base64'),
    ]),
  ),
});

describe('which credentials are used', () => {
  it('is told with the reason for every Secret, and nothing secret', async () => {
    const { call, client } = await openPipeline();
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kargo-shared-resources' } });
    await client.create(Secret, secret('demo', 'robot', 'https://github.com/acme/deploy'));
    await client.create(Secret, secret('kargo-shared-resources', 'all', 'https://github.com/acme/deploy.git'));
    await client.create(Secret, secret('kargo-shared-resources', 'other', 'https://github.com/acme/secret-project'));
    const path = '/projects/demo/credentials/explain';
    const answer = await call('GET', `${path}?type=git&repoURL=${encodeURIComponent('https://github.com/acme/deploy.git')}`);
    expect(answer.body).toMatchObject({
      outcome: 'secret',
      summary: 'Secret demo/robot is used (SSH key or password)',
      namespaces: ['demo', 'kargo-shared-resources'],
      candidates: [
        { name: 'robot', verdict: 'chosen', reason: 'its repoURL is this repository' },
        { name: 'all', verdict: 'shadowed', reason: expect.stringContaining('demo is searched before') as string },
      ],
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/hunter2|aHVudGVyMg|secret-project/);
    expect((await call('GET', path)).status).toBe(400);
    expect((await call('GET', `${path}?type=generic&repoURL=x`)).status).toBe(400);
  });
});
