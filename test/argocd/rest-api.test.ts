/** Promotion steps, health checks and watches over an Argo CD that is reached through its own REST API, with a token. */
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Application, allKinds, ApiError, isReason, type Json } from '@kargo/api';
import { openApiServer } from '@kargo/apiserver';
import { parseUpConfig, selfSigned } from '@kargo/controlplane';
import { ArgoCDServer, realHttp, withArgoCDServer } from '@kargo/integrations';
import { ArgoCDFixture } from '@kargo/integrations/testing';
import {
  Manager,
  seededRandom,
  settled,
  silentLog,
  source,
  systemClock,
  systemRandom,
  VirtualClock,
  type Client,
} from '@kargo/kube';
import { interceptClient } from '@kargo/kube/testing';
import { runHealthChecks, stepRegistry, type StepContext, type StepPorts, type StepResult } from '@kargo/promotion';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const REPO = 'https://git.example.com/demo.git';
const http = realHttp();
const api = openApiServer({ path: ':memory:', kinds: allKinds, clock: new VirtualClock(), random: seededRandom(1) });

let argocd: ArgoCDFixture;
let client: Client;
beforeEach(async () => {
  argocd = await ArgoCDFixture.start();
  client = clientOf({});
});
afterEach(() => argocd.close());

function clientOf(more: { token?: string; project?: string; server?: string }): Client {
  const { token = argocd.token, project, server = argocd.url } = more;
  return withArgoCDServer(api.client(), new ArgoCDServer({ http, server, token: () => token, project }));
}

const app = (name: string, more: Partial<Application> = {}, labels: Record<string, string> = {}): Application => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Application',
  metadata: { name, labels, annotations: { 'kargo.akuity.io/authorized-stage': 'demo:test', keep: 'me' } },
  spec: {
    project: 'default',
    destination: { server: 'https://kubernetes.default.svc', namespace: 'demo' },
    source: { repoURL: REPO, path: '.', targetRevision: 'main', kustomize: { images: ['nginx:1'] } },
    syncPolicy: { syncOptions: ['CreateNamespace=true'], retry: { limit: 2 } },
  },
  ...more,
});

const key = { namespace: 'argocd', name: 'web' };
const update = (config: Json, promotion = 'promo.1'): Promise<StepResult> => run('argocd-update', config, promotion);

function run(uses: string, config: Json, promotion: string, outputs: Record<string, Json> = {}): Promise<StepResult> {
  const context = {
    config,
    alias: 'update',
    project: 'demo',
    stage: 'test',
    promotion: { name: promotion, uid: 'u', actor: 'email:kim@example.com', rollback: false },
    outputs,
    signal: new AbortController().signal,
    log: silentLog,
  } as unknown as StepContext;
  const ports = { client, clock: systemClock, argoCDNamespace: 'argocd' } as unknown as StepPorts;
  const step = stepRegistry().get(uses);
  if (step === undefined) throw new Error(`there is no ${uses}`);
  return step.run(context as never, ports);
}
const wanted: Json = {
  apps: [
    {
      name: 'web',
      sources: [
        {
          repoURL: REPO,
          desiredRevision: 'abc',
          updateTargetRevision: true,
          kustomize: { images: [{ repoURL: 'nginx', tag: '2' }] },
        },
      ],
    },
  ],
};

describe('argocd-update', () => {
  it('patches the sources, requests one sync that carries the name of the promotion, and recognises it later', async () => {
    argocd.put(app('web'));
    expect(await update(wanted)).toMatchObject({ status: 'Running', waitingFor: expect.stringContaining('argocd/web') });
    expect(argocd.get('web')).toMatchObject({
      metadata: { annotations: { keep: 'me', 'argocd.argoproj.io/refresh': 'hard' } },
      spec: { source: { targetRevision: 'abc', kustomize: { images: ['nginx:2'] }, path: '.' } },
    });
    expect(argocd.written.at(-1)).toEqual({
      name: 'web',
      appNamespace: 'argocd',
      syncOptions: { items: ['CreateNamespace=true'] },
      retryStrategy: { limit: 2 },
      infos: [
        { name: 'Reason', value: expect.any(String) as string },
        { name: 'kargo.akuity.io/promotion', value: 'promo.1' },
      ],
    });
    expect(await update(wanted)).toMatchObject({ status: 'Running' });
    expect(argocd.asked.filter((request) => request.startsWith('POST'))).toHaveLength(1);
    argocd.sync('web', 'abc');
    expect(await update(wanted)).toMatchObject({ status: 'Succeeded', output: { apps: [{ name: 'web', namespace: 'argocd' }] } });
  });

  it('waits for an operation of somebody else, also for one that begins at the same moment', async () => {
    argocd.put(app('web', { operation: { sync: {} } }));
    expect(await update(wanted)).toMatchObject({
      status: 'Running',
      waitingFor: expect.stringContaining('requested by someone else'),
    });
    expect(argocd.written).toEqual([]);
    argocd.sync('web', 'old');
    client = interceptClient(client, {
      around: (call, next) => {
        if (call.verb === 'patch') argocd.put({ ...argocd.get('web'), operation: { sync: {} } });
        return next();
      },
    });
    expect(await update(wanted)).toMatchObject({
      status: 'Running',
      waitingFor: expect.stringContaining('requested by someone else'),
    });
    expect(argocd.written).toEqual([]);
  });

  it('fails with what Argo CD says about a sync that failed', async () => {
    argocd.put(app('web'));
    await update(wanted);
    argocd.sync('web', 'abc', { phase: 'Failed', message: 'no room' });
    await expect(update(wanted)).rejects.toThrow('failed with: no room');
  });

  it('selects by labels, and only what admits the Stage', async () => {
    argocd.put(app('a', {}, { team: 'x' }));
    argocd.put(app('b', {}, { team: 'y' }));
    const foreign = app('c', {}, { team: 'x' });
    argocd.put({ ...foreign, metadata: { ...foreign.metadata, annotations: {} } });
    const selector = { matchLabels: { team: 'x' } };
    expect(await update({ apps: [{ selector }] })).toMatchObject({ output: { apps: [{ name: 'a', namespace: 'argocd' }] } });
    expect(argocd.asked).toContain('GET /api/v1/applications?appNamespace=argocd&selector=team%3Dx');
    await expect(update({ apps: [{ selector: { matchLabels: { team: 'z' } } }] })).rejects.toThrow(
      'no Argo CD Applications found',
    );
  });

  it.each([
    ['of no project', {}],
    ['of a project', { project: 'default' }],
  ])('says that an Application is missing, with a token %s', async (_, more) => {
    client = clientOf(more);
    await expect(update(wanted)).rejects.toThrow('unable to find Argo CD Application "web" in namespace "argocd"');
  });
});

describe('argocd-wait', () => {
  const wait = (config: Json, outputs: Record<string, Json> = {}): Promise<StepResult> =>
    run('argocd-wait', config, 'promo.1', outputs);

  /** An operation has brought the Application to this health. */
  const is = (name: string, health: string): void => {
    argocd.put({ ...argocd.get(name), operation: { sync: {} } });
    argocd.sync(name, 'abc', { health });
  };

  it('waits until the Application is well, by default in health, sync and operation, without being admitted', async () => {
    const stranger = app('web');
    argocd.put({ ...stranger, metadata: { ...stranger.metadata, annotations: {} } });
    const config = { apps: [{ name: 'web' }] };
    expect(await wait(config)).toMatchObject({ status: 'Running', waitingFor: expect.stringContaining('argocd/web') });
    is('web', 'Progressing');
    expect(await wait(config)).toMatchObject({ status: 'Running', waitingFor: expect.stringContaining('it is Progressing') });
    is('web', 'Healthy');
    expect(await wait(config)).toMatchObject({ status: 'Succeeded', output: { healthStatus: { 'argocd/web': 'Healthy' } } });
    expect(argocd.written).toEqual([]);
  });

  it('waits for what it is told to, and for what it selects', async () => {
    argocd.put(app('a', {}, { team: 'x' }));
    argocd.put(app('b', {}, { team: 'x' }));
    is('a', 'Healthy');
    is('b', 'Degraded');
    const selector = { matchLabels: { team: 'x' } };
    expect(await wait({ apps: [{ selector, waitFor: ['sync'] }] })).toMatchObject({ status: 'Succeeded' });
    expect(await wait({ apps: [{ selector, waitFor: ['health', 'degraded'] }] })).toMatchObject({ status: 'Succeeded' });
    expect(await wait({ apps: [{ selector }] })).toMatchObject({
      status: 'Running',
      waitingFor: expect.stringContaining('argocd/b'),
    });
  });

  it('fails when health gets worse while it waits, and when the Application is not there', async () => {
    argocd.put(app('web'));
    is('web', 'Progressing');
    const config = { apps: [{ name: 'web' }] };
    const { output = {} } = await wait(config);
    is('web', 'Degraded');
    await expect(wait(config, { update: output })).rejects.toThrow('became Degraded, having been Progressing');
    await expect(wait({ apps: [{ name: 'nobody' }] })).rejects.toThrow('"nobody"');
  });
});

describe('health checks', () => {
  const check = (desired: string) => [{ uses: 'argocd-update', config: { apps: [{ ...key, desiredRevisions: [desired] }] } }];
  const healthAt = async (revision: string) => {
    const { status, argoCDApps } = await runHealthChecks(check(revision), { client, log: silentLog });
    return [status, argoCDApps[0]?.observation];
  };

  it('tell what is not there, not looked at, at another revision, and well', async () => {
    expect(await healthAt('abc')).toEqual(['Unknown', 'NotYetCreated']);
    argocd.put(app('web'));
    expect(await healthAt('abc')).toEqual(['Unknown', 'NotYetObserved']);
    await update(wanted);
    argocd.sync('web', 'abc');
    expect(await healthAt('abc')).toEqual(['Healthy', undefined]);
    expect(await healthAt('new')).toEqual(['Unhealthy', undefined]);
  });

  it('ask for a refresh of what is stale', async () => {
    argocd.put(app('web'));
    await update(wanted);
    argocd.sync('web', 'abc');
    const { reconciledAt: _at, ...status } = argocd.get('web').status ?? {};
    argocd.put({ ...argocd.get('web'), status, metadata: { ...argocd.get('web').metadata, annotations: {} } });
    expect(await healthAt('abc')).toEqual(['Unknown', 'NotYetObserved']);
    expect(argocd.get('web').metadata.annotations).toMatchObject({ 'argocd.argoproj.io/refresh': 'hard' });
  });
});

describe('a watch', () => {
  it('tells every change, also those that were made while it was cut off', async () => {
    argocd.put(app('one'));
    argocd.put(app('gone'));
    const seen: string[] = [];
    const manager = new Manager({ client, clock: systemClock, random: systemRandom, log: silentLog });
    manager.add({
      name: 'test',
      for: Application,
      sources: [
        source(Application, ({ object, old }) => {
          seen.push(
            `${(object ?? old)?.metadata.name} ${object === undefined ? 'deleted' : (object.status?.health?.status ?? 'there')}`,
          );
          return [];
        }),
      ],
      reconciler: { reconcile: () => Promise.resolve(settled) },
    });
    const until = async (line: string): Promise<void> => {
      while (!seen.includes(line)) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await manager.start();
    try {
      await until('one there');
      argocd.put({ ...argocd.get('one'), status: { health: { status: 'Healthy' } } });
      await until('one Healthy');
      argocd.cut();
      argocd.remove('gone');
      argocd.put(app('new'));
      await until('new there');
      await until('gone deleted');
      argocd.put({ ...argocd.get('one'), status: { health: { status: 'Degraded' } } });
      await until('one Degraded');
    } finally {
      await manager.stop();
    }
  });

  it('ends when it is left', async () => {
    argocd.put(app('one'));
    for await (const event of client.watch(Application)) {
      expect(event).toMatchObject({ type: 'ADDED', object: { kind: 'Application', metadata: { name: 'one' } } });
      break;
    }
  });
});

describe('what goes wrong', () => {
  const failure = async (): Promise<ApiError> => {
    const error: unknown = await client.get(Application, key).catch((thrown: unknown) => thrown);
    if (error instanceof ApiError) return error;
    throw new Error(`expected an ApiError, got ${String(error)}`);
  };

  it.each([
    ['a wrong token', { token: 'wrong' }, 'Unauthorized', 'check the token'],
    ['an address where nobody listens', { server: 'http://127.0.0.1:1' }, 'ServiceUnavailable', 'GET 127.0.0.1:1'],
  ] as const)('%s', async (_, more, reason, words) => {
    client = clientOf(more);
    const error = await failure();
    expect(isReason(error, reason)).toBe(true);
    expect(error.message).toContain(words);
    expect(JSON.stringify([error.message, error.details])).not.toContain(argocd.token);
  });

  it.each([
    [502, '<html>bad gateway</html>', 'ServiceUnavailable', 'answered 502: <html>'],
    [500, '{"error":"x","code":2,"message":"rpc error"}', 'ServiceUnavailable', 'answered 500: rpc error'],
    [200, '<html>a sign-in page</html>', 'ServiceUnavailable', 'is this the address of an Argo CD API server?'],
    [307, '', 'BadRequest', 'use the address it redirects to'],
  ] as const)('an answer %i %s', async (status, body, reason, words) => {
    argocd.broken = { status, body };
    const error = await failure();
    expect([error.reason, error.message]).toEqual([reason, expect.stringContaining(words)]);
  });

  it('a hidden Application counts as missing', async () => {
    argocd.put(app('web'));
    argocd.hidden.add('web');
    expect((await failure()).reason).toBe('NotFound');
  });

  it('writes that Argo CD has no request for', async () => {
    argocd.put(app('web'));
    await expect(client.delete(Application, key)).rejects.toMatchObject({ reason: 'MethodNotAllowed' });
    await expect(client.create(Application, app('x'))).rejects.toMatchObject({ reason: 'MethodNotAllowed' });
  });
});

describe('the authority of a server', () => {
  const certificate = selfSigned(['127.0.0.1'], Date.now());
  const other = selfSigned(['127.0.0.1'], Date.now());

  it('is the one that a file names, and no other', async () => {
    const server = createHttpsServer(certificate, (_, response) => response.end('{"metadata":{},"items":[]}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const list = async (ca?: string): Promise<number> => {
      const options = { http, server: address, token: () => 't', ca };
      return (await withArgoCDServer(api.client(), new ArgoCDServer(options)).list(Application)).items.length;
    };
    try {
      expect(await list(certificate.cert)).toBe(0);
      await expect(list()).rejects.toThrow(/certificate/);
      await expect(list(other.cert)).rejects.toThrow(/certificate/);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it.each([
    ['with the check switched off as well', { ARGOCD_SERVER_CA_FILE: 'x', ARGOCD_SERVER_INSECURE: 'true' }, /are both set/],
  ])('is refused %s', (_, env, message) => {
    const given = { ARGOCD_SERVER: 'argocd.example.com', ARGOCD_AUTH_TOKEN: 't', ...env };
    expect(() => parseUpConfig([], given)).toThrow(message);
  });
});
