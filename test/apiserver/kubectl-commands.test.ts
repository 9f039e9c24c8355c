/** Every command and flag of the stock kubectl that the embedded API promises to serve, with each kubectl that is brought along. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allKinds, ConfigMap, Event, Stage, Warehouse, type Kind, type KubeObject } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findKubectls, openKubectl, type KubectlSession, type RunOptions } from './kubectl.ts';

const kubectls = await findKubectls();

const API = 'kargo.akuity.io/v1alpha1';
const stage = (name: string, spec: object = {}): string =>
  JSON.stringify({
    apiVersion: API,
    kind: 'Stage',
    metadata: { name, labels: { suite: 'commands' } },
    spec: { requestedFreight: [{ origin: { kind: 'Warehouse', name: 'main' }, sources: { direct: true } }], ...spec },
  });
const warehouse = (constraint: string): string =>
  JSON.stringify({
    apiVersion: API,
    kind: 'Warehouse',
    metadata: { name: 'main' },
    spec: { subscriptions: [{ image: { repoURL: 'example.com/app', constraint } }] },
  });

describe.each(kubectls)('kubectl $version', ({ kubectl }) => {
  let session: KubectlSession;
  const ok = (command: string, options?: RunOptions): Promise<string> => session.ok(words(command), options);
  const run: (command: string, options?: RunOptions) => ReturnType<KubectlSession['run']> = (command, options) =>
    session.run(words(command), options);
  const errorOf = async (command: string, options?: RunOptions): Promise<string> => {
    const { code, stderr } = await run(command, options);
    expect(code).toBe(1);
    return stderr;
  };
  const file = (name: string, content: string): string => {
    const path = join(session.folder, name);
    writeFileSync(path, content);
    return path;
  };

  beforeAll(async () => {
    session = await openKubectl(kubectl);
    await ok('create namespace demo');
    await ok('create -f -', { input: stage('test') });
  });
  afterAll(() => session.close());

  describe('get', () => {
    it('shows the columns that each kind of Kargo has', async () => {
      const client = session.server.client();
      const kinds = allKinds.filter(({ group, scope }) => group === 'kargo.akuity.io' && scope === 'Namespaced');
      const headers = await Promise.all(
        kinds.map(async (kind) => {
          const { items } = await client.list(kind, { namespace: 'demo' });
          if (items.length > 0) return [];
          // Only the table is of interest: what may be stored is not the question here.
          const answer = await fetch(`${session.url}/apis/${API}/namespaces/demo/${kind.plural}?limit=1`, {
            headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
          });
          const { columnDefinitions } = (await answer.json()) as { columnDefinitions: { name: string; priority: number }[] };
          return [[kind.kind, columnDefinitions.map(({ name, priority }) => `${name}${priority === 0 ? '' : '*'}`)]] as const;
        }),
      );
      for (const [name, columns] of headers.flat()) {
        const { printerColumns } = kinds.find(({ kind }) => kind === name) as Kind;
        expect(columns).toEqual([
          'Name',
          ...(printerColumns.length === 0
            ? ['Age']
            : printerColumns.map((column) => `${column.name}${(column.priority ?? 0) === 0 ? '' : '*'}`)),
        ]);
      }
      expect(
        (await ok('get stages'))
          .split('\n')[0]
          ?.trim()
          .split(/\s{2,}/),
      ).toEqual(['NAME', 'SHARD', 'CURRENT FREIGHT', 'HEALTH', 'READY', 'STATUS', 'AGE']);
    });

    const formats: [flags: string, want: string | RegExp, content?: string][] = [
      ['-o name', 'stage.kargo.akuity.io/test\n'],
      ['-o json', /"kind": "Stage"/],
      ['-o yaml', /^kind: Stage$/m],
      ['-o wide', /^NAME .*AGE\ntest /],
      ['-o jsonpath={.spec.requestedFreight[*].origin.name}', 'main'],
      ['-o jsonpath-as-json={.metadata.name}', '[\n    "test"\n]\n'],
      ['-o jsonpath-file=FILE', 'test', '{.metadata.name}'],
      ['-o go-template={{.metadata.name}}', 'test'],
      ['-o go-template-file=FILE', 'demo', '{{.metadata.namespace}}'],
      ['-o custom-columns=N:.metadata.name,K:.kind', 'N      K\ntest   Stage\n'],
      ['-o custom-columns-file=FILE', 'NAME\ntest\n', 'NAME\n.metadata.name'],
      ['--no-headers --show-labels', /suite=commands\n$/],
      ['--show-kind --no-headers', /^stage\.kargo\.akuity\.io\/test /],
      ['-L suite --no-headers', /commands\n$/],
    ];
    it.concurrent.each(formats)('prints with %s', async (flags, want, content) => {
      const path = content === undefined ? '' : file(`template${flags.replaceAll(/\W/g, '')}`, content);
      const text = await ok(`get stage test ${flags.replace('FILE', path)}`);
      if (typeof want === 'string') expect(text).toBe(want);
      else expect(text).toMatch(want);
    });

    it('selects by sets of labels and by fields, pages, and shows several kinds', async () => {
      await Promise.all(['a', 'b', 'c'].map((name) => ok(`create configmap sel-${name} --from-literal=k=v`)));
      await Promise.all([ok('label cm sel-a sel-b tier=front'), ok('label cm sel-c tier=back')]);
      expect(await ok('get cm -l tier --chunk-size=1 -o name')).toBe('configmap/sel-a\nconfigmap/sel-b\nconfigmap/sel-c\n');
      expect(await session.ok(['get', 'cm', '-l', 'tier in (back),tier!=front', '-o', 'name'])).toBe('configmap/sel-c\n');
      expect(await ok('get cm -l !tier -o name')).not.toContain('sel-');
      expect(await ok('get cm --field-selector=metadata.name=sel-b -o name')).toBe('configmap/sel-b\n');
      expect(await ok('get ns --field-selector=status.phase=Active -o name')).toContain('namespace/demo');
      expect(await errorOf('get stages --field-selector=spec.shard=x')).toContain('field label not supported: spec.shard');
      expect(await ok('get cm/sel-a stage/test -o name')).toBe('configmap/sel-a\nstage.kargo.akuity.io/test\n');
      expect(await ok('get cm none --ignore-not-found')).toBe('');
    });

    it('-w starts with what is there and ends when it is told to', async () => {
      const { stdout } = await run('get stage test -w -o name', { until: /\n/ });
      expect(stdout).toBe('stage.kargo.akuity.io/test\n');
    });

    it('sorts, looks everywhere, at files, at a subresource and at managed fields', async () => {
      expect(await ok('get ns --sort-by=.metadata.name -o name')).toBe(
        'namespace/default\nnamespace/demo\nnamespace/kube-system\n',
      );
      expect(await ok('get stages -A --no-headers')).toMatch(/^demo +test /);
      expect(await ok(`get -f ${file('stage.json', stage('test'))} -o name`)).toBe('stage.kargo.akuity.io/test\n');
      expect(await ok('get stage test --subresource=status -o name')).toBe('stage.kargo.akuity.io/test\n');
      expect(await ok('get stage test -o yaml')).not.toContain('managedFields');
      expect(await ok('get stage test -o yaml --show-managed-fields')).toContain('manager: kubectl-create');
    });
  });

  describe('watches', () => {
    const maps = '/api/v1/namespaces/demo/configmaps?watch=true';
    const watch = async (flags: string, until: RegExp): Promise<{ type: string; object: KubeObject & { code?: number } }[]> => {
      const { stdout } = await session.run(['get', '--raw', `${maps}&${flags}`], { until });
      return stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { type: string; object: KubeObject & { code?: number } });
    };
    const make = (name: string): Promise<ConfigMap> =>
      session.server.client().create(ConfigMap, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace: 'demo', name, labels: { suite: 'watches' } },
      });

    it('send what is there, mark its end, go on where they were, and say when that is too long ago', async () => {
      const first = await make('watched-1');
      const all =
        'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&labelSelector=suite%3Dwatches';
      const initial = await watch(all, /BOOKMARK.*\n/);
      expect(initial.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`)).toEqual([
        'ADDED watched-1',
        'BOOKMARK ',
      ]);
      const end = initial.at(-1)?.object.metadata;
      expect(end?.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
      await make('watched-2');
      const resumed = await watch(`resourceVersion=${end?.resourceVersion}`, /watched-2.*\n/);
      expect(resumed.map(({ type, object }) => `${type} ${object.metadata.name}`)).toEqual(['ADDED watched-2']);
      session.server.compact();
      const late = await watch(`resourceVersion=${Number(first.metadata.resourceVersion)}&timeoutSeconds=5`, /never/);
      expect(late).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', reason: 'Expired', code: 410 } }]);
      await ok('delete cm -l suite=watches');
    });

    it('of kubectl show each kind of event', async () => {
      const watching = run('get cm -w --watch-only --output-watch-events -l suite=events --no-headers', { until: /DELETED/ });
      await vi.waitFor(() => expect(session.watching('suite%3Devents')).toBe(true), 10_000);
      await ok('create cm event-1');
      await ok('label cm event-1 suite=events');
      await ok('label cm event-1 more=yes');
      await ok('label cm event-1 suite-');
      const { stdout } = await watching;
      expect(stdout.match(/ADDED|MODIFIED|DELETED/g)).toEqual(['ADDED', 'MODIFIED', 'DELETED']);
      await ok('delete cm event-1');
    });
  });

  describe('create', () => {
    const generators: [command: string, path: string, want: string][] = [
      [
        'deployment web --image=nginx:1 --replicas=2 --port=80',
        '{.spec.replicas} {.spec.template.spec.containers[0].ports[0].containerPort}',
        '2 80',
      ],
      [
        'job once --image=busybox -- date',
        '{.spec.template.spec.containers[0].command[0]} {.spec.template.spec.restartPolicy}',
        'date Never',
      ],
      [
        'cronjob often --image=busybox --schedule=@daily',
        '{.spec.schedule} {.spec.jobTemplate.spec.template.spec.containers[0].image}',
        '@daily busybox',
      ],
      [
        'service clusterip svc --tcp=5432:8080',
        '{.spec.ports[0].port} {.spec.ports[0].targetPort} {.spec.type}',
        '5432 8080 ClusterIP',
      ],
      [
        'ingress web --rule=example.com/path=svc:http',
        '{.spec.rules[0].host} {.spec.rules[0].http.paths[0].backend.service.port.name}',
        'example.com http',
      ],
      ['quota limits --hard=pods=3,cpu=2', '{.spec.hard.pods} {.spec.hard.cpu}', '3 2'],
      [
        'poddisruptionbudget pdb --selector=app=web --min-available=50%',
        '{.spec.minAvailable} {.spec.selector.matchLabels.app}',
        '50% web',
      ],
      ['secret generic pass --from-literal=word=x --type=example.com/pass', '{.type} {.data.word}', 'example.com/pass eA=='],
      [
        'secret docker-registry pull --docker-server=example.com --docker-username=u --docker-password=p',
        '{.type}',
        'kubernetes.io/dockerconfigjson',
      ],
      ['configmap settings --from-literal=a=1', '{.data.a}', '1'],
      ['serviceaccount robot', '{.metadata.name}', 'robot'],
      ['role reader --verb=get --resource=stages.kargo.akuity.io --resource-name=test', '{.rules[0].resourceNames[0]}', 'test'],
      ['rolebinding readers --role=reader --serviceaccount=demo:robot', '{.subjects[0].namespace}', 'demo'],
      ['clusterrole pods-reader --verb=get,list --resource=pods,pods/log', '{.rules[0].resources}', '["pods","pods/log"]'],
      ['clusterrolebinding pods-readers --clusterrole=pods-reader --group=staff', '{.subjects[0].kind}', 'Group'],
    ];
    it.concurrent.each(generators)('%s', async (command, path, want) => {
      const made = (await ok(`create ${command} -o name`.replace(/ -- (.*) -o name$/, ' -o name -- $1'))).trim();
      expect(await session.ok(['get', made, '-o', `jsonpath=${path}`])).toBe(want);
    });

    it('makes tokens, and names from generateName', async () => {
      expect((await ok('create token robot')).split('.')).toHaveLength(3);
      const generated = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'gen-' } };
      expect(await ok('create -f - -o name', { input: JSON.stringify(generated) })).toMatch(/^configmap\/gen-[a-z0-9]{5}\n$/);
    });

    it('shows everything of a category, and describes workloads', async () => {
      const all = await ok('get all -o name');
      for (const name of ['service/svc', 'deployment.apps/web', 'job.batch/once', 'cronjob.batch/often'])
        expect(all).toContain(`${name}\n`);
      expect(await ok('describe deployment web')).toMatch(/Replicas: +2 desired/);
      expect(await ok('describe secret pass')).toMatch(/word: +1 bytes/);
      expect(await ok('describe warehouse,role')).toContain('stages.kargo.akuity.io');
    });
  });

  describe('--dry-run=server and --validate', () => {
    it('change nothing', async () => {
      expect(await ok('create -f - --dry-run=server -o name', { input: stage('dry') })).toBe('stage.kargo.akuity.io/dry\n');
      expect(await ok('apply -f - --dry-run=server', { input: stage('dry') })).toBe(
        'stage.kargo.akuity.io/dry created (server dry run)\n',
      );
      expect(await ok('apply --server-side -f - --dry-run=server', { input: stage('dry') })).toContain(
        'serverside-applied (server dry run)',
      );
      await session.ok(['patch', 'stage', 'test', '--type=merge', '--dry-run=server', '-p', '{"spec":{"shard":"dry"}}']);
      expect(await ok('delete stage test --dry-run=server')).toContain('(server dry run)');
      await ok('label stage test dry=yes --dry-run=server');
      expect(
        await ok('get stages -o jsonpath={.items[*].metadata.name}{.items[*].spec.shard}{.items[*].metadata.labels.dry}'),
      ).toBe('test');
    });

    it('strict refuses unknown fields, warn tells of them, ignore drops them', async () => {
      const input = stage('odd', { shrad: 'a' });
      expect(await errorOf('create -f - --validate=strict --dry-run=server', { input })).toContain(
        'strict decoding error: unknown field "spec.shrad", did you mean "spec.shard"?',
      );
      const warned = await run('create -f - --validate=warn --dry-run=server', { input });
      expect(warned.stderr).toContain('Warning: unknown field "spec.shrad"');
      const ignored = await run('create -f - --validate=ignore --dry-run=server', { input });
      expect([ignored.code, ignored.stderr]).toEqual([0, '']);
    });
  });

  describe('apply', () => {
    it('on the server takes over what the client applied before', async () => {
      await ok('apply -f -', { input: warehouse('>=1.0.0') });
      const managers = async (): Promise<string[]> => {
        const { metadata } = await session.server.client().get(Warehouse, { namespace: 'demo', name: 'main' });
        return (metadata.managedFields ?? []).map(({ manager, operation }) => `${manager}/${operation}`);
      };
      expect(await managers()).toEqual(['kubectl-client-side-apply/Update']);
      // Another value than the client applied: no conflict, as both are kubectl.
      expect(await ok('apply --server-side -f -', { input: warehouse('>=2.0.0') })).toContain('serverside-applied');
      expect((await managers()).toSorted()).toEqual(['kubectl-last-applied/Apply', 'kubectl/Apply']);
      expect(await ok('apply -f -', { input: warehouse('>=2.1.0') })).toContain('configured');
      expect(await ok('apply --server-side -f -', { input: warehouse('>=2.2.0') })).toContain('serverside-applied');
    });

    it('names conflicts with other managers, and --force-conflicts takes over', async () => {
      const { stderr } = await run('apply --server-side --field-manager=robot -f -', { input: warehouse('>=3.0.0') });
      expect(stderr).toContain(`Apply failed with 1 conflict: conflict with "kubectl" using ${API}: .spec.subscriptions`);
      await ok('apply --server-side --field-manager=robot --force-conflicts -f -', { input: warehouse('>=3.0.0') });
      const { spec, metadata } = await session.server.client().get(Warehouse, { namespace: 'demo', name: 'main' });
      expect(spec.subscriptions[0]).toMatchObject({ image: { constraint: '>=3.0.0' } });
      expect(metadata.managedFields?.find(({ manager }) => manager === 'robot')).toMatchObject({
        operation: 'Apply',
        fieldsV1: { 'f:spec': { 'f:subscriptions': {} } },
      });
      expect(await errorOf('apply --server-side -f -', { input: warehouse('>=4.0.0') })).toContain('conflict with "robot"');
    });

    it('--prune deletes what is not in the manifests any more, and view-last-applied shows what was applied', async () => {
      const map = (name: string): string =>
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { set: 'pruned' } } });
      await ok('apply -f -', { input: `${map('one')}\n${map('two')}` });
      const flags = '--prune -l set=pruned --prune-allowlist=core/v1/ConfigMap';
      expect(await ok(`apply -f - ${flags}`, { input: map('two') })).toContain('configmap/one pruned');
      expect(await ok('apply view-last-applied cm/two -o json')).toContain('"set": "pruned"');
    });

    it('diff says what would change, on either side', async () => {
      const input = stage('test', { shard: 'diffed' });
      for (const side of ['', ' --server-side --force-conflicts']) {
        const { code, stdout } = await run(`diff -f -${side}`, { input });
        expect(code).toBe(1);
        expect(stdout).toContain('+  shard: diffed');
      }
      const applied = stage('same');
      await ok('apply -f -', { input: applied });
      expect((await run('diff -f -', { input: applied })).code).toBe(0);
    });
  });

  describe('replace, edit, patch, label, annotate', () => {
    it('replace --force makes the object anew', async () => {
      const uid = 'get cm forced -o jsonpath={.metadata.uid}';
      const map = (a: string): string =>
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'forced' }, data: { a } });
      await ok('create -f -', { input: map('1') });
      const before = await ok(uid);
      expect(await ok('replace -f -', { input: map('2') })).toBe('configmap/forced replaced\n');
      expect(await ok(uid)).toBe(before);
      await ok('replace --force -f -', { input: map('3') });
      expect(await ok(uid)).not.toBe(before);
      expect(await errorOf('replace -f -', { input: map('4').replace('forced', 'never') })).toContain('(NotFound)');
    });

    it('edit writes what the editor leaves, and shows again what is refused', async () => {
      const editor = (script: string): RunOptions => ({ env: { KUBE_EDITOR: `sh ${file('editor.sh', `${script}\n`)}` } });
      expect(await ok('edit stage test', editor('sed -i "s/^spec:/spec:\\n  shard: edited/" "$1"'))).toContain('edited');
      expect(await ok('get stage test -o jsonpath={.spec.shard}')).toBe('edited');
      expect((await run('edit stage test', editor('true'))).stderr).toContain('no changes made');
      const refused = await run('edit stage test', editor('sed -i "s/kind: Warehouse/kind: Depot/" "$1"'));
      const copy = /stored to "(.+)"/.exec(refused.stderr)?.[1] ?? '';
      expect(readFileSync(copy, 'utf8')).toContain('Unsupported value: "Depot"');
      expect(await ok('edit stage test --subresource=status', editor('sed -i "\\$a status: {phase: Steady}" "$1"'))).toContain(
        'edited',
      );
      expect((await session.server.client().get(Stage, { namespace: 'demo', name: 'test' })).status?.phase).toBe('Steady');
    });

    const patches: [type: string, resource: string, patch: string, path: string, want: string][] = [
      [
        'strategic',
        'deployment web',
        '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"s:1"}]}}}}',
        '{.spec.template.spec.containers[*].name}',
        'side nginx',
      ],
      [
        'strategic',
        'deployment web',
        '{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}',
        '{.spec.template.spec.containers[*].name}',
        'nginx',
      ],
      ['merge', 'deployment web', '{"spec":{"replicas":5,"template":null}}', '{.spec.replicas}{.spec.template}', '5'],
      [
        'json',
        'cm settings',
        '[{"op":"test","path":"/data/a","value":"1"},{"op":"replace","path":"/data/a","value":"2"}]',
        '{.data.a}',
        '2',
      ],
      ['merge', 'stage test', '{"spec":{"shard":"patched"}}', '{.spec.shard}', 'patched'],
    ];
    it.each(patches)('patch --type=%s of %s', async (type, resource, patch, path, want) => {
      await session.ok(['patch', ...words(resource), `--type=${type}`, '-p', patch]);
      const names = (await session.ok(['get', ...words(resource), '-o', `jsonpath=${path}`])).split(' ').toSorted().join(' ');
      expect(names).toBe(want.split(' ').toSorted().join(' '));
    });

    it('a patch whose test fails, or that does not fit, is refused', async () => {
      const patch = (...args: string[]): Promise<{ stderr: string }> => session.run(['patch', 'cm', 'settings', ...args]);
      expect((await patch('--type=json', '-p', '[{"op":"test","path":"/data/a","value":"9"}]')).stderr).toContain(
        'testing path /data/a failed',
      );
      expect((await patch('--type=merge', '-p', '{"data":{"a":1}}')).stderr).toContain('is invalid');
    });

    it('label and annotate set, refuse to overwrite, list and remove', async () => {
      await ok('label cm settings colour=red');
      expect(await errorOf('label cm settings colour=blue')).toContain('--overwrite is false');
      await ok('label cm settings colour=blue --overwrite');
      expect(await ok('label cm settings --list')).toContain('colour=blue');
      await ok('label cm -l colour=blue colour-');
      expect(await errorOf('label cm settings bad=va/lue')).toContain('invalid label value');
      await ok('annotate cm --all note=kept');
      expect(await ok('annotate cm settings --list')).toContain('note=kept');
      await ok('annotate cm settings note-');
      expect(await ok('get cm settings -o jsonpath={.metadata.labels}{.metadata.annotations}')).toBe('');
    });
  });

  describe('delete', () => {
    const owned = async (name: string): Promise<void> => {
      const client = session.server.client();
      const make = (key: string, owner?: KubeObject): Promise<ConfigMap> =>
        client.create(ConfigMap, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: {
            namespace: 'demo',
            name: key,
            ...(owner === undefined
              ? {}
              : {
                  ownerReferences: [
                    { apiVersion: 'v1', kind: 'ConfigMap', name, uid: owner.metadata.uid ?? '', blockOwnerDeletion: true },
                  ],
                }),
          },
        });
      await make(`${name}-child`, await make(name));
    };
    const left = (name: string): Promise<string> => ok(`get cm ${name}-child -o name --ignore-not-found`);

    it.each(['background', 'foreground'] as const)('--cascade=%s takes along what is owned', async (policy) => {
      await owned(policy);
      await ok(`delete cm ${policy} --cascade=${policy} --timeout=10s`);
      await vi.waitFor(async () => expect(await left(policy)).toBe(''), 10_000);
    });

    it('--cascade=orphan leaves it', async () => {
      await owned('orphan');
      await ok('delete cm orphan --cascade=orphan --timeout=10s');
      expect(await left('orphan')).toBe('configmap/orphan-child\n');
      expect(await ok('get cm orphan-child -o jsonpath={.metadata.ownerReferences}')).toBe('');
    });

    it('takes periods of grace, files, labels, everything of a kind and whole collections', async () => {
      const names = ['d1', 'd2', 'd3', 'd4', 'd5', 'd6'];
      await Promise.all(names.map((name) => ok(`create cm ${name}`)));
      await ok('label cm d3 d4 gone=yes');
      expect(await ok('delete cm d1 --grace-period=5')).toMatch(/^configmap "d1" deleted/);
      const forced = await run('delete cm d2 --grace-period=0 --force');
      expect(forced.stdout).toMatch(/^configmap "d2" force deleted/);
      expect(await ok('delete cm -l gone=yes -o name')).toBe('configmap/d3\nconfigmap/d4\n');
      await ok('delete -f -', { input: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"d5"}}' });
      await ok('delete --raw /api/v1/namespaces/demo/configmaps?labelSelector=suite');
      expect(await ok('get cm d6 -o name')).toBe('configmap/d6\n');
      await ok('delete cm --all');
      expect(await ok('get cm -o name')).toBe('');
    });

    it('is refused where a precondition does not hold', async () => {
      await ok('create cm exact');
      const remove = (preconditions: object): Promise<Response> =>
        fetch(`${session.url}/api/v1/namespaces/demo/configmaps/exact`, {
          method: 'DELETE',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ apiVersion: 'v1', kind: 'DeleteOptions', preconditions }),
        });
      expect((await remove({ uid: 'another' })).status).toBe(409);
      expect((await remove({ resourceVersion: '1' })).status).toBe(409);
      expect((await remove({ uid: await ok('get cm exact -o jsonpath={.metadata.uid}') })).status).toBe(200);
    });
  });

  describe('wait and events', () => {
    it('wait ends when an object is made, fits or is gone', async () => {
      const made = run('wait --for=create cm/awaited --timeout=20s');
      const client = session.server.client();
      await client.create(ConfigMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'demo', name: 'awaited' } });
      expect(await made).toMatchObject({ code: 0 });
      const gone = run('wait --for=delete cm/awaited --timeout=10s');
      const valued = run('wait --for=jsonpath={.data.done}=yes cm/awaited --timeout=10s');
      await client.patch(ConfigMap, { namespace: 'demo', name: 'awaited' }, { type: 'merge', body: { data: { done: 'yes' } } });
      expect(await valued).toMatchObject({ code: 0 });
      await client.delete(ConfigMap, { namespace: 'demo', name: 'awaited' });
      expect(await gone).toMatchObject({ code: 0 });
      expect(await errorOf('wait --for=condition=Ready stage/test --timeout=100ms')).toContain('timed out');
    });

    it('events are listed by object and type, and watched', async () => {
      const client = session.server.client();
      const uid = await ok('get stage test -o jsonpath={.metadata.uid}');
      const happen = (name: string, type: string): Promise<Event> =>
        client.create(Event, {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { namespace: 'demo', name },
          involvedObject: { apiVersion: API, kind: 'Stage', namespace: 'demo', name: 'test', uid },
          reason: name,
          message: `it was ${name}`,
          type,
          lastTimestamp: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
        });
      await happen('fine', 'Normal');
      await happen('bad', 'Warning');
      expect(await ok('events --types=Warning --no-headers')).toMatch(/Warning +bad +stage\/test +it was bad/i);
      const both = /it was fine[\s\S]*it was bad|it was bad[\s\S]*it was fine/;
      expect(await ok('events --for stage/test --no-headers')).toMatch(both);
      expect((await run('events -w --no-headers', { until: both })).stdout).toMatch(both);
    });
  });

  describe('discovery', () => {
    it('api-resources, api-versions and explain know every kind', async () => {
      expect(await ok('api-resources --verbs=list --namespaced=false -o name')).toMatch(/^projects\.kargo\.akuity\.io$/m);
      expect(await ok('api-resources --categories=all -o name')).toContain('deployments.apps\n');
      expect((await ok('api-versions')).split('\n')).toEqual(expect.arrayContaining(['v1', 'apps/v1', API]));
      const recursive = await ok('explain warehouse --recursive');
      expect(recursive).toMatch(/subscriptions\t<\[\]Object> -required-\n.*\n?/);
      expect(recursive).toContain('repoURL');
      expect(await ok(`explain stages.spec.shard --api-version=${API}`)).toContain('FIELD: shard <string>');
      expect(await ok('explain stage.spec.requestedFreight --output=plaintext-openapiv2')).toContain(
        'RESOURCE: requestedFreight <[]Object>',
      );
      expect(await errorOf('explain stage.nothing')).toContain('field "nothing" does not exist');
      const v2 = JSON.parse(await ok('get --raw /openapi/v2')) as { swagger: string; definitions: object };
      expect(v2.swagger).toBe('2.0');
      expect(Object.keys(v2.definitions)).toContain('io.akuity.kargo.v1alpha1.Stage');
    });
  });

  describe('kinds defined at run time', () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'gauges.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'gauges', kind: 'Gauge', shortNames: ['gg'], categories: ['meters'] },
        versions: ['v1', 'v1beta1'].map((name) => ({
          name,
          served: true,
          storage: name === 'v1',
          subresources: { status: {} },
          selectableFields: [{ jsonPath: '.spec.zone' }],
          additionalPrinterColumns: [{ name: 'Limit', type: 'integer', jsonPath: '.spec.limit' }],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              properties: {
                spec: {
                  type: 'object',
                  properties: {
                    limit: { type: 'integer', default: 10, maximum: 100 },
                    floor: { type: 'integer' },
                    zone: { type: 'string', enum: ['a', 'b'] },
                  },
                  'x-kubernetes-validations': [
                    { rule: '!has(self.floor) || self.floor <= self.limit', message: 'floor is above limit' },
                  ],
                },
                status: { type: 'object', properties: { value: { type: 'integer' } } },
              },
            },
          },
        })),
      },
    };
    const gauge = (spec: object, version = 'v1'): RunOptions => ({
      input: JSON.stringify({ apiVersion: `example.com/${version}`, kind: 'Gauge', metadata: { name: 'g' }, spec }),
    });

    it('are served at once, in every version, with defaults, pruning, validation and rules', async () => {
      await ok('create -f -', { input: JSON.stringify(definition) });
      expect(await errorOf('create -f -', gauge({ limit: 500, zone: 'c' }))).toMatch(
        /spec\.limit in body should be less than or equal to 100\n\* spec\.zone: Unsupported value: "c"/,
      );
      expect(await errorOf('create -f -', gauge({ floor: 11 }))).toContain('floor is above limit');
      expect(await errorOf('create -f -', gauge({ ceiling: 1 }))).toContain('unknown field "spec.ceiling"');
      await ok('create --validate=ignore -f -', gauge({ ceiling: 1 }));
      expect(await ok('get gg g -o jsonpath={.spec}')).toBe('{"limit":10}');
      expect(await ok('get gauges.v1beta1.example.com g -o jsonpath={.apiVersion}')).toBe('example.com/v1beta1');
      expect(await ok('apply -f -', gauge({ zone: 'b' }, 'v1beta1'))).toContain('gauge.example.com/g configured');
      expect(await ok('get gauges --field-selector=spec.zone=b -o name')).toBe('gauge.example.com/g\n');
      expect(await ok('get gauges --field-selector=spec.zone!=b -o name')).toBe('');
      expect(await errorOf('get gauges --field-selector=spec.limit=10')).toContain('field label not supported: spec.limit');
      expect(await ok('get meters --no-headers')).toMatch(/^g +10/);
      expect(await ok('explain gauge.spec --recursive')).toContain('zone\t<string>');
      expect(await ok('describe crd gauges.example.com')).toContain('Stored Versions');
      await ok('delete crd gauges.example.com --timeout=10s');
      expect(await errorOf('get gauges')).toContain('(NotFound)');
    });
  });
});

/** The words of a command; none of them has a space in it. */
function words(command: string): string[] {
  return command.split(' ');
}
