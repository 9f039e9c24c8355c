import {
  allKinds,
  apiVersionOf,
  ConfigMap,
  MutatingWebhookConfiguration,
  Namespace,
  Stage,
  ValidatingWebhookConfiguration,
  type KubeObject,
  type Webhook,
} from '@kargo/api';
import { seededRandom, systemClock, type WebhookCall } from '@kargo/kube';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openApiServer, type ApiServer } from '../api-server.ts';

type Review = {
  uid: string;
  operation: string;
  object: KubeObject | null;
  oldObject: KubeObject | null;
  dryRun: boolean;
  namespace: string;
};
type Answer = (review: Review, call: WebhookCall) => object | Promise<object>;

let server: ApiServer;
afterEach(() => server.close());

/** An API whose webhooks answer by the paths of their URLs. */
function open(answers: Record<string, Answer>): { asked: string[] } {
  const asked: string[] = [];
  server = openApiServer({
    path: ':memory:',
    kinds: allKinds,
    clock: systemClock,
    random: seededRandom(1),
    webhooks: {
      call: async (call) => {
        const name = new URL(call.url).pathname.slice(1);
        const { request } = JSON.parse(call.body) as { request: Review };
        asked.push(`${name} ${request.operation}`);
        return JSON.stringify({ response: { uid: request.uid, ...(await answers[name]?.(request, call)) } });
      },
    },
  });
  return { asked };
}

function webhook(name: string, more: Partial<Webhook> = {}): Webhook {
  return {
    name: `${name}.example.com`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    clientConfig: { url: `https://hooks.example.com/${name}` },
    rules: [{ apiGroups: [''], apiVersions: ['*'], operations: ['*'], resources: ['configmaps'] }],
    ...more,
  };
}

const configure = (kind: typeof ValidatingWebhookConfiguration | typeof MutatingWebhookConfiguration, ...webhooks: Webhook[]) =>
  server.client().create(
    kind as typeof ValidatingWebhookConfiguration,
    {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: { name: kind.plural.slice(0, 8) },
      webhooks,
    } as ValidatingWebhookConfiguration,
  );

const map = (name: string, data: Record<string, string> = {}, labels?: Record<string, string>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default', ...(labels === undefined ? {} : { labels }) },
  data,
});

const patch = (...operations: object[]): object => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

describe('webhooks that users configure', () => {
  it('refuse writes and deletions, with what they say', async () => {
    open({
      policy: ({ object, oldObject }) => {
        const { data } = (object ?? oldObject) as ConfigMap;
        return data?.['bad'] === undefined
          ? { allowed: true }
          : { allowed: false, status: { message: 'no bad data', code: 403 } };
      },
    });
    await configure(ValidatingWebhookConfiguration, webhook('policy'));
    const client = server.client();
    await client.create(ConfigMap, map('good'));
    await expect(client.create(ConfigMap, map('bad', { bad: 'x' }))).rejects.toMatchObject({
      reason: 'Forbidden',
      message: 'admission webhook "policy.example.com" denied the request: no bad data',
    });
    const refused = client.patch(
      ConfigMap,
      { namespace: 'default', name: 'good' },
      { type: 'merge', body: { data: { bad: 'x' } } },
    );
    await expect(refused).rejects.toMatchObject({ code: 403 });
    await client.delete(ConfigMap, { namespace: 'default', name: 'good' });
  });

  it('change objects one after the other, before rules and schema are checked', async () => {
    open({
      first: () => patch({ op: 'add', path: '/data', value: { by: 'first' } }),
      second: ({ object }) => patch({ op: 'add', path: '/data/after', value: (object as ConfigMap).data?.['by'] }),
      identity: () => patch({ op: 'replace', path: '/metadata/namespace', value: 'other' }),
      wrong: () => patch({ op: 'replace', path: '/spec/requestedFreight', value: 7 }),
    });
    await configure(
      MutatingWebhookConfiguration,
      webhook('first'),
      webhook('second'),
      webhook('identity', { objectSelector: { matchLabels: { rename: 'yes' } } }),
      webhook('wrong', { rules: [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: ['stages'] }] }),
    );
    const client = server.client();
    expect(await client.create(ConfigMap, map('a'))).toMatchObject({ data: { by: 'first', after: 'first' } });
    await expect(client.create(ConfigMap, map('b', {}, { rename: 'yes' }))).rejects.toMatchObject({
      reason: 'InternalError',
      message: expect.stringContaining('changed which object is written'),
    });
    const stage = {
      apiVersion: apiVersionOf(Stage),
      kind: 'Stage',
      metadata: { name: 's', namespace: 'default' },
      spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'w' }, sources: { direct: true } }] },
    } as Stage;
    await expect(client.create(Stage, stage)).rejects.toMatchObject({
      reason: 'Invalid',
      details: { causes: [{ field: 'spec.requestedFreight' }] },
    });
  });

  it.each<{ name: string; answer: Answer; says: RegExp }>([
    {
      name: 'cannot be reached',
      answer: () => Promise.reject(new Error('connection refused')),
      says: /failed calling webhook.*refused/,
    },
    { name: 'answers another request', answer: () => ({ uid: 'x', allowed: true }), says: /another request/ },
    {
      name: 'sends a patch that is not JSON, without its text',
      answer: () => ({ ...patch(), patch: Buffer.from('secret').toString('base64') }),
      says: /: the patch is not JSON$/,
    },
    { name: 'does not decide', answer: () => ({}), says: /whether the write is allowed/ },
    { name: 'sends a patch of another kind', answer: () => ({ ...patch(), patchType: 'Merge' }), says: /"Merge" are not known/ },
  ])('fail the write when one $name, unless that may be ignored', async ({ answer, says }) => {
    open({ broken: answer });
    await configure(ValidatingWebhookConfiguration, webhook('broken', { objectSelector: { matchLabels: { strict: 'yes' } } }), {
      ...webhook('broken', { failurePolicy: 'Ignore' }),
      name: 'lax.example.com',
    });
    const client = server.client();
    await expect(client.create(ConfigMap, map('a', {}, { strict: 'yes' }))).rejects.toMatchObject({
      reason: 'InternalError',
      message: expect.stringMatching(says),
    });
    await client.create(ConfigMap, map('b'));
  });

  it('refuse with a code that answers can have, whatever they say', async () => {
    open({ odd: () => ({ allowed: false, status: { code: 9999, message: 'no' } }) });
    await configure(ValidatingWebhookConfiguration, webhook('odd'));
    await expect(server.client().create(ConfigMap, map('a'))).rejects.toMatchObject({
      code: 400,
      message: 'admission webhook "odd.example.com" denied the request: no',
    });
  });

  it('are asked about what their rules and selectors name alone, with their timeout and authority', async () => {
    const calls: WebhookCall[] = [];
    const allow: Answer = (_, call) => {
      calls.push(call);
      return { allowed: true };
    };
    const { asked } = open({ all: allow, labelled: allow, namespaces: allow, status: allow });
    const client = server.client();
    await client.create(Namespace, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'checked', labels: { team: 'a' } },
    } as Namespace);
    await configure(
      ValidatingWebhookConfiguration,
      webhook('all', { timeoutSeconds: 3, namespaceSelector: { matchLabels: { team: 'a' } } }),
      webhook('labelled', { objectSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } }),
      webhook('status', {
        rules: [
          { apiGroups: ['kargo.akuity.io'], apiVersions: ['v1alpha1'], operations: ['UPDATE'], resources: ['stages/status'] },
        ],
      }),
    );
    await client.create(ConfigMap, map('a'));
    expect(asked).toEqual([]);
    await client.create(ConfigMap, { ...map('a'), metadata: { name: 'a', namespace: 'checked' } });
    await client.create(ConfigMap, map('b', {}, { app: 'x' }));
    const dropped = { type: 'merge', body: { metadata: { labels: null } } } as const;
    await client.patch(ConfigMap, { namespace: 'default', name: 'b' }, dropped);
    await client.delete(ConfigMap, { namespace: 'checked', name: 'a' });
    expect(asked).toEqual(['all CREATE', 'labelled CREATE', 'labelled UPDATE', 'all DELETE']);
    expect(calls[0]).toMatchObject({ timeout: 3000, url: 'https://hooks.example.com/all' });
  });

  it('about namespaces do not keep one from ending', async () => {
    const { asked } = open({ namespaces: ({ operation }) => ({ allowed: operation !== 'UPDATE' }) });
    const client = server.client();
    await configure(
      ValidatingWebhookConfiguration,
      webhook('namespaces', { rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['namespaces'] }] }),
    );
    await client.create(Namespace, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short' } });
    await client.delete(Namespace, { name: 'short' });
    await vi.waitFor(() => expect(client.get(Namespace, { name: 'short' })).rejects.toMatchObject({ reason: 'NotFound' }));
    expect(asked).toContain('namespaces DELETE');
  });

  it('can always be removed, and are told of dry runs', async () => {
    const runs: boolean[] = [];
    open({
      all: ({ dryRun }) => {
        runs.push(dryRun);
        return { allowed: false };
      },
    });
    const everything = [{ apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*/*'] }];
    const made = await configure(ValidatingWebhookConfiguration, webhook('all', { rules: everything }));
    expect(made.webhooks?.[0]).toMatchObject({ failurePolicy: 'Fail', matchPolicy: 'Equivalent', timeoutSeconds: 10 });
    const client = server.client();
    await expect(client.create(ConfigMap, map('a'), { dryRun: true })).rejects.toMatchObject({
      code: 400,
      message: 'admission webhook "all.example.com" denied the request without explanation',
    });
    expect(runs).toEqual([true]);
    await client.delete(ValidatingWebhookConfiguration, { name: made.metadata.name ?? '' });
    await client.create(ConfigMap, map('a'));
  });

  it('are refused when they could not be called, and warned of when they are not', async () => {
    open({});
    const refused = configure(
      ValidatingWebhookConfiguration,
      webhook('http', { clientConfig: { url: 'http://hooks.example.com/x' } }),
      webhook('both', { clientConfig: { url: 'https://a.example.com', service: { namespace: 'a', name: 'b' } } }),
      { ...webhook('conditions'), matchConditions: [{ name: 'x', expression: 'true' }] } as Webhook,
      webhook('slow', { timeoutSeconds: 60 }),
      webhook('unknown', { sideEffects: 'Unknown' }),
    );
    await expect(refused).rejects.toMatchObject({ reason: 'Invalid' });
    const fields = await refused.catch((error: { details: { causes: { field: string }[] } }) =>
      error.details.causes.map(({ field }) => field),
    );
    expect(fields).toEqual([
      'webhooks[0].clientConfig.url',
      'webhooks[1].clientConfig',
      'webhooks[2].matchConditions',
      'webhooks[3].timeoutSeconds',
      'webhooks[4].sideEffects',
    ]);
    const warnings: string[] = [];
    await server.client().create(
      ValidatingWebhookConfiguration,
      {
        apiVersion: apiVersionOf(ValidatingWebhookConfiguration),
        kind: 'ValidatingWebhookConfiguration',
        metadata: { name: 'service' },
        webhooks: [webhook('inside', { clientConfig: { service: { namespace: 'a', name: 'b' } } })],
      },
      { onWarning: (warning) => warnings.push(warning) },
    );
    expect(warnings).toEqual([expect.stringContaining('"inside.example.com" is not called')]);
    await server.client().create(ConfigMap, map('a'));
  });
});
