import { ConfigMap, Event, Freight, Stage } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findKubectls, openKubectl, type KubectlSession } from './kubectl.ts';

const kubectls = await findKubectls();

const stageManifest = (name: string, extra = ''): string => `
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata:
  name: ${name}
  namespace: demo
  labels: {suite: kubectl}
spec:
  requestedFreight:
  - origin: {kind: Warehouse, name: main}
    sources: {direct: true}
${extra}`;

const freightManifest = `
apiVersion: kargo.akuity.io/v1alpha1
kind: Freight
metadata:
  name: f1
  namespace: demo
  labels: {kargo.akuity.io/alias: brave-otter}
alias: brave-otter
origin: {kind: Warehouse, name: main}
images:
- {repoURL: example.com/app, tag: v1.2.3}
`;

// What each kubectl must do is in the test of its commands.
describe.each(kubectls.slice(0, 1))('kubectl $version', ({ kubectl }) => {
  let session: KubectlSession;
  const ok: KubectlSession['ok'] = (args, options) => session.ok(args, options);
  const run: KubectlSession['run'] = (args, options) => session.run(args, options);

  beforeAll(async () => {
    session = await openKubectl(kubectl);
    await ok(['create', 'namespace', 'demo']);
    await ok(['create', '-f', '-'], { input: stageManifest('test') });
    await ok(['create', '-f', '-'], { input: freightManifest });
  });
  afterAll(() => session.close());

  describe('[S46] get', () => {
    it('prints the columns of the kind', async () => {
      const client = session.server.client();
      const stage = await client.get(Stage, { namespace: 'demo', name: 'test' });
      await client.updateStatus(Stage, {
        ...stage,
        status: {
          freightSummary: 'f1',
          health: { status: 'Healthy' },
          conditions: [
            { type: 'Ready', status: 'True', reason: 'Ready', message: 'all well', lastTransitionTime: '2024-01-01T00:00:00Z' },
          ],
        },
      });
      const table = await ok(['get', 'stages']);
      expect(table.split('\n').map((line) => line.trim().split(/\s{2,}/))).toEqual([
        ['NAME', 'SHARD', 'CURRENT FREIGHT', 'HEALTH', 'READY', 'STATUS', 'AGE'],
        ['test', 'f1', 'Healthy', 'True', 'all well', expect.stringMatching(/^\d+s$/)],
        [''],
      ]);
      expect(await ok(['get', 'freight', '-A', '--no-headers'])).toMatch(/^demo +f1 +brave-otter +Warehouse +main +\d+s\n$/);
      expect(await ok(['get', 'configmaps'])).toBe('');
    });

    it('prints objects in every format', async () => {
      expect(await ok(['get', 'stage', 'test', '-o', 'name'])).toBe('stage.kargo.akuity.io/test\n');
      expect(await ok(['get', 'stage/test', '-o', 'jsonpath={.spec.requestedFreight[0].origin.name}'])).toBe('main');
      expect(JSON.parse(await ok(['get', 'stages.kargo.akuity.io', 'test', '-o', 'json']))).toMatchObject({
        kind: 'Stage',
        metadata: { generation: 1 },
      });
      expect(await ok(['get', 'stage', 'test', '-o', 'yaml'])).toContain('\nkind: Stage\n');
      expect(await ok(['get', 'stages', '-o', 'custom-columns=N:.metadata.name,H:.status.health.status'])).toBe(
        'N      H\ntest   Healthy\n',
      );
      expect(await ok(['get', 'stages', '--show-labels', '--no-headers'])).toMatch(/suite=kubectl\n$/);
      expect(await ok(['get', 'stages', '--sort-by=.metadata.name', '-o', 'wide', '--no-headers'])).toMatch(/^test/);
    });

    it('selects and pages', async () => {
      for (const name of ['p1', 'p2', 'p3']) await ok(['create', 'configmap', name, '--from-literal=k=v']);
      await ok(['label', 'configmap', 'p1', 'p2', 'page=yes']);
      expect(await ok(['get', 'cm', '--chunk-size=1', '-o', 'name'])).toBe('configmap/p1\nconfigmap/p2\nconfigmap/p3\n');
      expect(await ok(['get', 'cm', '-l', 'page=yes', '--no-headers'])).toMatch(/^p1 +1 +\S+\np2 +1 +\S+\n$/);
      expect(await ok(['get', 'cm', '--field-selector', 'metadata.name!=p1', '-o', 'name'])).toBe('configmap/p2\nconfigmap/p3\n');
      expect(await ok(['delete', 'cm', '-l', 'page'])).toMatch(/^configmap "p1" deleted.*\nconfigmap "p2" deleted.*\n$/);
      await ok(['delete', 'cm', '--all']);
    });

    it('says what is not there', async () => {
      expect(await run(['get', 'stage', 'none'])).toEqual({
        code: 1,
        stdout: '',
        stderr: 'Error from server (NotFound): stages.kargo.akuity.io "none" not found\n',
      });
      expect((await run(['get', 'gizmos'])).stderr).toContain(`the server doesn't have a resource type "gizmos"`);
    });

    it('-w shows changes as they happen', async () => {
      const before = session.watches();
      const only = ['--field-selector', 'metadata.name=watched'];
      const watching = run(['get', 'cm', '-w', '-o', 'jsonpath={.data.step}{"\\n"}', ...only], { until: /2\n/ });
      const table = run(['get', 'cm', '-w', '--output-watch-events'], { until: /DELETED.*\n/ });
      await vi.waitFor(() => expect(session.watches()).toBe(before + 2), 10_000);
      const client = session.server.client();
      const key = { namespace: 'demo', name: 'watched' };
      await client.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: key, data: { step: '1' } });
      await client.patch(ConfigMap, key, { type: 'merge', body: { data: { step: '2', more: 'x' } } });
      await client.delete(ConfigMap, key);
      expect((await watching).stdout).toMatch(/^1\n2\n/);
      const lines = (await table).stdout
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).slice(0, 3).join(' '));
      expect(lines).toEqual(['EVENT NAME DATA', 'ADDED watched 1', 'MODIFIED watched 2', 'DELETED watched 2']);
    });
  });

  describe('[S46] describe', () => {
    it('shows an object and the events about it', async () => {
      await session.server.client().create(Event, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'test.1', namespace: 'demo' },
        involvedObject: {
          apiVersion: 'kargo.akuity.io/v1alpha1',
          kind: 'Stage',
          namespace: 'demo',
          name: 'test',
          uid: await ok(['get', 'stage', 'test', '-o', 'jsonpath={.metadata.uid}']),
        },
        reason: 'PromotionSucceeded',
        message: 'it went well',
        type: 'Normal',
        lastTimestamp: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
      });
      const text = await ok(['describe', 'stage', 'test']);
      expect(text).toMatch(/^Name: +test\nNamespace: +demo\nLabels: +suite=kubectl\n/);
      expect(text).toMatch(/PromotionSucceeded +\S+ +it went well/);
      expect(await ok(['get', 'events', '--field-selector', 'involvedObject.name=test', '--no-headers'])).toMatch(
        /Normal +PromotionSucceeded +stage\/test +it went well/,
      );
      expect(await ok(['events', '--for', 'stage/test', '--no-headers'])).toContain('it went well');
      expect(await ok(['describe', 'namespace', 'demo'])).toContain('Status:       Active');
    });
  });

  describe('[S46] create', () => {
    it('makes core objects with its own generators', async () => {
      expect(await ok(['create', 'secret', 'generic', 's', '--from-literal=password=hunter2'])).toBe('secret/s created\n');
      expect(await ok(['get', 'secret', 's', '-o', 'jsonpath={.type} {.data.password}'])).toBe('Opaque aHVudGVyMg==');
      await ok(['create', 'serviceaccount', 'robot']);
      await ok(['create', 'role', 'reader', '--verb=get,list', '--resource=stages.kargo.akuity.io']);
      await ok(['create', 'rolebinding', 'readers', '--role=reader', '--serviceaccount=demo:robot']);
      expect(await ok(['get', 'rolebinding', 'readers', '-o', 'jsonpath={.roleRef.name} {.subjects[0].name}'])).toBe(
        'reader robot',
      );
      expect(await ok(['create', 'clusterrole', 'all', '--verb=*', '--resource=stages.kargo.akuity.io'])).toBe(
        'clusterrole.rbac.authorization.k8s.io/all created\n',
      );
    });

    it('refuses with every problem at once', async () => {
      const { stderr, code } = await run(['create', '-f', '-'], {
        input: stageManifest('Bad_Name', '  shrad: a\n').replace('kind: Warehouse', 'kind: Depot'),
      });
      expect(code).toBe(1);
      expect(stderr).toContain('unknown field "spec.shrad", did you mean "spec.shard"?');
      expect(stderr).toContain('spec.requestedFreight[0].origin.kind: Unsupported value: "Depot": supported values: "Warehouse"');
      expect(stderr).toContain('metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain');
    });

    it('only warns of unknown fields when asked to', async () => {
      const { stderr, stdout } = await run(['create', '--validate=warn', '--dry-run=server', '-f', '-'], {
        input: stageManifest('odd', '  shrad: a\n'),
      });
      expect(stdout).toBe('stage.kargo.akuity.io/odd created (server dry run)\n');
      expect(stderr).toContain('Warning: unknown field "spec.shrad"');
      expect((await run(['get', 'stage', 'odd'])).code).toBe(1);
    });

    it('refuses what exists, and namespaces that do not', async () => {
      expect((await run(['create', '-f', '-'], { input: stageManifest('test') })).stderr).toContain('(AlreadyExists)');
      const elsewhere = stageManifest('test').replace('namespace: demo', 'namespace: nowhere');
      expect((await run(['create', '-f', '-'], { input: elsewhere })).stderr).toContain('namespaces "nowhere" not found');
    });
  });

  describe('[S46] apply', () => {
    it('creates, changes, and removes what is no longer there', async () => {
      expect(await ok(['apply', '-f', '-'], { input: stageManifest('applied', '  shard: a\n') })).toBe(
        'stage.kargo.akuity.io/applied created\n',
      );
      expect(await ok(['apply', '-f', '-'], { input: stageManifest('applied', '  shard: a\n') })).toBe(
        'stage.kargo.akuity.io/applied unchanged\n',
      );
      expect(await ok(['apply', '-f', '-'], { input: stageManifest('applied') })).toBe(
        'stage.kargo.akuity.io/applied configured\n',
      );
      const { spec } = await session.server.client().get(Stage, { namespace: 'demo', name: 'applied' });
      expect(spec.shard).toBeUndefined();
    });

    it('merges core kinds strategically', async () => {
      const deployment = (containers: string): string =>
        `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[${containers}]}}}}`;
      await ok(['apply', '-f', '-'], { input: deployment('{"name":"app","image":"app:1"}') });
      await ok([
        'patch',
        'deployment',
        'd',
        '-p',
        '{"spec":{"template":{"spec":{"containers":[{"name":"proxy","image":"p:1"}]}}}}',
      ]);
      expect(await ok(['apply', '-f', '-'], { input: deployment('{"name":"app","image":"app:2"}') })).toBe(
        'deployment.apps/d configured\n',
      );
      expect(await ok(['get', 'deployment', 'd', '-o', 'jsonpath={.spec.template.spec.containers[*].image}'])).toBe('app:2 p:1');
    });

    it('--server-side keeps what others own, and names conflicts', async () => {
      const input = stageManifest('ssa', '  shard: a\n');
      expect(await ok(['apply', '--server-side', '-f', '-'], { input })).toBe('stage.kargo.akuity.io/ssa serverside-applied\n');
      await ok(['label', 'stage', 'ssa', 'mine=yes']);
      await ok(['patch', 'stage', 'ssa', '--type=merge', '-p', '{"spec":{"shard":"b"}}']);
      const { stderr } = await run(['apply', '--server-side', '-f', '-'], { input });
      expect(stderr).toContain(
        'Apply failed with 1 conflict: conflict with "kubectl-patch" using kargo.akuity.io/v1alpha1: .spec.shard',
      );
      await ok(['apply', '--server-side', '--force-conflicts', '-f', '-'], { input });
      expect(await ok(['get', 'stage', 'ssa', '-o', 'jsonpath={.spec.shard} {.metadata.labels.mine}'])).toBe('a yes');
      expect(
        await ok(['get', 'stage', 'ssa', '--show-managed-fields', '-o', 'jsonpath={.metadata.managedFields[*].manager}']),
      ).toContain('kubectl');
    });

    it('diff shows what would change', async () => {
      const { code, stdout } = await run(['diff', '-f', '-'], { input: stageManifest('applied', '  shard: z\n') });
      expect(code).toBe(1);
      expect(stdout).toContain('+  shard: z');
    });
  });

  describe('[S46] changing', () => {
    it('labels, annotates, patches and replaces', async () => {
      await ok(['label', 'stage', 'test', 'tier=one']);
      await ok(['label', 'stage', 'test', 'tier-']);
      await ok(['annotate', 'stage', 'test', 'kargo.akuity.io/refresh=now', '--overwrite']);
      expect(await ok(['patch', 'stage', 'test', '--type=json', '-p', '[{"op":"add","path":"/spec/shard","value":"s1"}]'])).toBe(
        'stage.kargo.akuity.io/test patched\n',
      );
      expect(
        await ok(['patch', 'stage', 'test', '--type=merge', '--subresource=status', '-p', '{"status":{"phase":"Steady"}}']),
      ).toBe('stage.kargo.akuity.io/test patched\n');
      const { metadata, spec, status } = await session.server.client().get(Stage, { namespace: 'demo', name: 'test' });
      expect(metadata.labels).toEqual({ suite: 'kubectl' });
      expect(metadata.annotations).toMatchObject({ 'kargo.akuity.io/refresh': 'now' });
      expect([spec.shard, status?.phase]).toEqual(['s1', 'Steady']);
      const replaced = (await ok(['get', 'stage', 'test', '-o', 'yaml'])).replace('shard: s1', 'shard: s2');
      expect(await ok(['replace', '-f', '-'], { input: replaced })).toBe('stage.kargo.akuity.io/test replaced\n');
      expect((await run(['replace', '-f', '-'], { input: replaced })).stderr).toContain(
        'the object has been modified; please apply your changes to the latest version',
      );
    });

    it('refuses strategic patches of custom resources as Kubernetes does', async () => {
      const { stderr } = await run(['patch', 'stage', 'test', '--type=strategic', '-p', '{"spec":{"shard":"x"}}']);
      expect(stderr).toContain('application/strategic-merge-patch+json is not supported by kargo.akuity.io/v1alpha1, Kind=Stage');
    });
  });

  describe('[S46] wait', () => {
    it('ends when a condition or a field has the value', async () => {
      const client = session.server.client();
      const key = { namespace: 'demo', name: 'f1' };
      const waiting = Promise.all([
        run(['wait', '--for=jsonpath={.status.approvedFor.prod.approvedAt}=2024-01-01T00:00:00Z', 'freight/f1', '--timeout=10s']),
        run(['wait', '--for=condition=Ready', 'stage/test', '--timeout=10s']),
      ]);
      await vi.waitFor(() =>
        client.patch(
          Freight,
          key,
          { type: 'merge', body: { status: { approvedFor: { prod: { approvedAt: '2024-01-01T00:00:00Z' } } } } },
          { subresource: 'status' },
        ),
      );
      expect((await waiting).map(({ stdout }) => stdout)).toEqual([
        'freight.kargo.akuity.io/f1 condition met\n',
        'stage.kargo.akuity.io/test condition met\n',
      ]);
    });
  });

  describe('[S46] delete', () => {
    it('waits for finalizers', async () => {
      await ok(['apply', '-f', '-'], {
        input: stageManifest('held').replace('namespace: demo', 'namespace: demo\n  finalizers: [kargo.akuity.io/finalizer]'),
      });
      expect(await ok(['delete', 'stage', 'held', '--wait=false'])).toMatch(/^stage.kargo.akuity.io "held" deleted/);
      const waiting = run(['wait', '--for=delete', 'stage/held', '--timeout=10s']);
      await ok(['patch', 'stage', 'held', '--type=json', '-p', '[{"op":"remove","path":"/metadata/finalizers"}]']);
      expect((await waiting).code).toBe(0);
      expect((await run(['delete', 'stage', 'held'])).stderr).toContain('(NotFound)');
    });

    it('empties a namespace before it goes', async () => {
      await ok(['create', 'namespace', 'short-lived']);
      await ok(['create', 'configmap', 'c', '-n', 'short-lived']);
      expect(await ok(['delete', 'namespace', 'short-lived', '--timeout=20s'])).toMatch(/^namespace "short-lived" deleted/);
      expect(await ok(['get', 'cm', '-n', 'short-lived', '-o', 'name'])).toBe('');
    });
  });

  describe('custom resources', () => {
    it('are served as soon as their definition is established', async () => {
      const definition = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'lamps.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'lamps', kind: 'Lamp', shortNames: ['lp'] },
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              additionalPrinterColumns: [{ name: 'Watts', type: 'integer', jsonPath: '.spec.watts' }],
              schema: {
                openAPIV3Schema: {
                  type: 'object',
                  properties: {
                    spec: { type: 'object', properties: { watts: { type: 'integer', default: 40, description: 'How bright.' } } },
                  },
                },
              },
            },
          ],
        },
      };
      await ok(['apply', '-f', '-'], { input: JSON.stringify(definition) });
      await ok(['wait', '--for=condition=Established', 'crd/lamps.example.com', '--timeout=10s']);
      await ok(['apply', '-f', '-'], {
        input: '{"apiVersion":"example.com/v1","kind":"Lamp","metadata":{"name":"desk"},"spec":{}}',
      });
      expect((await ok(['get', 'lp'])).split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
        ['NAME', 'WATTS'],
        ['desk', '40'],
        [''],
      ]);
      expect(await ok(['explain', 'lamp.spec.watts'])).toContain('How bright.');
      await ok(['delete', 'crd', 'lamps.example.com', '--timeout=20s']);
      expect((await run(['get', 'lamps'])).stderr).toContain('(NotFound)');
    });
  });

  describe('[S46] discovery', () => {
    it('lists resources, explains fields and says who may do what', async () => {
      const resources = await ok(['api-resources', '--api-group=kargo.akuity.io', '--no-headers']);
      expect(resources).toMatch(/^stages +kargo\.akuity\.io\/v1alpha1 +true +Stage$/m);
      expect(resources).toMatch(/^projects +kargo\.akuity\.io\/v1alpha1 +false +Project$/m);
      const explained = await ok(['explain', 'stage.spec.requestedFreight.origin']);
      expect(explained).toMatch(/KIND: +Stage\nVERSION: +v1alpha1/);
      expect(explained).toMatch(/kind\t<string> -required-/);
      expect(await ok(['explain', 'freight', '--recursive'])).toContain('repoURL');
      expect(await ok(['auth', 'can-i', 'delete', 'stages'])).toBe('yes\n');
      expect(await ok(['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'])).toBe('system:admin');
      expect(await ok(['version', '-o', 'json'])).toContain('"gitVersion": "v1.32.0+kargo"');
      expect(await ok(['get', '--raw', '/readyz'])).toBe('ok');
    });
  });
});
