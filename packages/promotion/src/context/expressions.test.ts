import type { KubeObject, PromotionStatus, PromotionStep, Subscription, Variable } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { planSteps } from '../engine/plan.ts';
import type { ConfigSchema } from '../step.ts';
import { aWarehouse, FewResources } from '../testing/resources.ts';
import { someFreight } from '../testing/run-fixture.ts';
import { stepExpressions } from './expressions.ts';
import type { StepScope } from './scope.ts';

interface Given {
  vars?: Variable[];
  step?: Partial<PromotionStep>;
  /** Steps before this one, and what became of them. */
  before?: (PromotionStep & { status?: string })[];
  state?: PromotionStatus['state'];
  objects?: KubeObject[];
  subscriptions?: Subscription[];
  actor?: string;
}

const anything: ConfigSchema = {};

function scopeOf({ vars = [], step = {}, before = [], state, actor = '' }: Given): StepScope {
  const own = { uses: 'x', as: 'own', ...step };
  const steps = [...before, own];
  return {
    project: 'demo',
    stage: 'test',
    promotion: 'test.ulid.f1',
    actor,
    rollback: false,
    uiBaseURL: 'https://kargo.example.com',
    targetFreight: { name: 'f1', alias: 'wonky-wombat', origin: 'app' },
    vars,
    freight: {
      id: 'c',
      items: {
        'Warehouse/app': {
          ...someFreight,
          commits: [{ repoURL: 'https://git.example.com/app.git', id: 'abc123', branch: 'main' }],
          charts: [{ repoURL: 'oci://charts.example.com/app', version: '1.2.3' }],
          artifacts: [{ subscriptionName: 'sbom', artifactType: 'doc', version: '7', metadata: { size: 3 } }],
        },
        'Warehouse/other': { name: 'f0', images: [{ repoURL: 'example.com/app', tag: 'v0' }] },
      },
    },
    freightRequests: ['app', 'other'].map((name) => ({ origin: { kind: 'Warehouse', name }, sources: {} })),
    plans: planSteps(steps, new Map()),
    step: own,
    index: before.length,
    status: {
      stepExecutionMetadata: before.map(({ as = '', status = 'Succeeded' }) => ({
        alias: as,
        status,
        startedAt: 't',
        finishedAt: 't',
      })),
      ...(state === undefined ? {} : { state }),
    },
    signal: new AbortController().signal,
  };
}

function expressionsOf({ objects = [], subscriptions }: Given) {
  const all = subscriptions ?? [
    { image: { repoURL: 'example.com/app' } },
    { git: { repoURL: 'https://git.example.com/app' } },
    { chart: { repoURL: 'oci://charts.example.com/app' } },
    { name: 'sbom', doc: {} },
  ];
  const client = new FewResources(
    aWarehouse('app', ...all),
    aWarehouse('other', { git: { repoURL: 'https://git.example.com/other' } }),
    ...objects,
  );
  return { client, expressions: stepExpressions({ client, sharedNamespace: 'shared' }) };
}

const render = (config: unknown, given: Given = {}, schema = anything): Promise<unknown> =>
  expressionsOf(given).expressions.config(config, schema, scopeOf(given));

const object = (kind: string, namespace: string, name: string, more: object): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { namespace, name },
  ...more,
});

describe('[S11] a configuration', () => {
  it('sees the context, variables and outputs, in longer texts too', async () => {
    const given: Given = {
      vars: [
        { name: 'gitopsRepo', value: 'https://git.example.com/demo.git' },
        { name: 'outPath', value: './out' },
        { name: 'targetBranch', value: 'stage/${{ ctx.stage }}' },
      ],
      before: [{ uses: 'git-commit', as: 'commit' }],
      state: { commit: { commit: 'c0ffee' } },
    };
    const config = {
      path: '${{ vars.outPath }}/manifests.yaml',
      branch: '${{ vars.targetBranch }}',
      apps: [
        {
          name: 'kargo-demo-${{ ctx.stage }}',
          sources: [{ repoURL: '${{ vars.gitopsRepo }}', desiredRevision: '${{ outputs.commit.commit }}' }],
        },
      ],
    };
    expect(await render(config, given)).toEqual({
      path: './out/manifests.yaml',
      branch: 'stage/test',
      apps: [{ name: 'kargo-demo-test', sources: [{ repoURL: 'https://git.example.com/demo.git', desiredRevision: 'c0ffee' }] }],
    });
  });

  it.each([
    [undefined, {}],
    [{}, {}],
    [
      { a: null, b: [null], c: {} },
      { a: null, b: [null], c: {} },
    ],
  ])('[20 6.1.19] %j is %j: absent is empty, empty stays empty, and null stays', async (given, want) => {
    const before = JSON.stringify(given);
    expect(await render(given)).toEqual(want);
    expect(JSON.stringify(given)).toBe(before);
  });

  it.each([
    ['1.10', 'string', '1.10'],
    ['1.10', 'number', 1.1],
    ['1234567', 'string', '1234567'],
    ['true', 'boolean', true],
    ['t', 'string', 't'],
  ] as const)('%s where a %s is wanted is %j', async (value, type, want) => {
    const schema: ConfigSchema = { type: 'object', properties: { x: { type } } };
    expect(await render({ x: `\${{ '${value}' }}` }, {}, schema)).toEqual({ x: want });
  });

  const cases: { template: string; want: unknown; given?: Given }[] = [
    { template: '${{ ctx.project }}/${{ ctx.promotion }}', want: 'demo/test.ulid.f1' },
    { template: '${{ ctx.targetFreight.alias }} of ${{ ctx.targetFreight.origin.name }}', want: 'wonky-wombat of app' },
    { template: '${{ ctx.meta.promotion.actor }}', want: 'kim@example.com', given: { actor: 'email:kim@example.com' } },
    { template: '${{ ctx.meta.step.alias }} at ${{ ctx.uiBaseUrl }}', want: 'own at https://kargo.example.com' },
    {
      template: '${{ vars.b }}',
      want: 'aa',
      given: {
        vars: [
          { name: 'a', value: 'a' },
          { name: 'b', value: '${{ vars.a }}a' },
        ],
      },
    },
    {
      template: '${{ vars.a }}',
      want: 'later',
      given: {
        vars: [
          { name: 'a', value: 'x' },
          { name: 'a', value: 'later' },
        ],
      },
    },
    {
      template: '${{ vars.b }}',
      want: 'ax',
      given: {
        vars: [{ name: 'a', value: 'a' }],
        step: { vars: [{ name: 'b', value: '${{ vars.a }}${{ outputs.s.x }}' }] },
        state: { s: { x: 'x' } },
      },
    },
    {
      template: '${{ vars.c }}',
      want: 'lit-aO-T',
      given: {
        vars: [{ name: 'a', value: 'lit' }],
        step: {
          as: 'task-1::own',
          vars: [
            { name: 'b', value: "${{ 'a' }}${{ outputs.o.x }}" },
            { name: 'c', value: '${{ vars.a }}-${{ vars.b }}-${{ task.outputs.s.x }}' },
          ],
        },
        state: { 'task-1::s': { x: 'T' }, o: { x: 'O' } },
      },
    },
    {
      template: '${{ imageFrom("example.com/app") }}',
      want: { ...someFreight.images![0]!, annotations: null, subscriptionName: '' },
    },
    { template: '${{ chartFrom("oci://charts.example.com/app", warehouse("app")).Version }}', want: '1.2.3' },
    { template: '${{ chartFrom("oci://charts.example.com/app", "").Version }}', want: '1.2.3' },
    {
      template: '${{ sharedSecret("s").a }}',
      want: 'a!',
      given: {
        objects: [
          object('Secret', 'shared', 's', {
            metadata: { namespace: 'shared', name: 's', labels: { 'kargo.akuity.io/cred-type': 'generic' } },
            data: { a: 'YSE=' },
          }),
        ],
      },
    },
    { template: '${{ outputs.s.x == nil }}', want: true, given: { before: [{ uses: 'x', as: 's' }], state: { s: null } } },
    { template: '${{ outputs.s.x == nil }}', want: true, given: { before: [{ uses: 'x', as: 's' }] } },
    { template: '${{ outputs.nope?.x ?? "none" }}', want: 'none' },
    { template: "${{ outputs['task-1::s'].x }}", want: 1, given: { state: { 'task-1::s': { x: 1 } } } },
    {
      template: '${{ task.outputs.s.x }}',
      want: 1,
      given: { step: { as: 'task-1::own' }, state: { 'task-1::s': { x: 1 }, s: { x: 2 } } },
    },
    { template: '${{ task }}', want: null, given: { state: { 'task-1::s': { x: 1 } } } },
    { template: '${{ stepMetas.s.Status }}', want: 'Failed', given: { before: [{ uses: 'x', as: 's', status: 'Failed' }] } },
    { template: '${{ imageFrom("example.com/app").Tag }}', want: 'v1.2.3' },
    { template: '${{ imageFrom("example.com/app").digest }}', want: 'sha256:abc' },
    { template: '${{ imageFrom("example.com/app", warehouse("other")).Tag }}', want: 'v0' },
    { template: '${{ imageFrom("nobody/knows") == nil }}', want: true },
    { template: '${{ imageFrom("nobody/knows")?.Tag ?? "none" }}', want: 'none' },
    { template: '${{ commitFrom("https://git.example.com/app").ID }}', want: 'abc123' },
    { template: '${{ commitFrom("https://git.example.com/other") == nil }}', want: true },
    { template: '${{ chartFrom("oci://charts.example.com/app").Version }}', want: '1.2.3' },
    { template: '${{ chartFrom("oci://charts.example.com/app", "", warehouse("app")).Version }}', want: '1.2.3' },
    { template: '${{ artifactFrom("sbom").Version }}', want: 7 },
    { template: '${{ artifactFrom("sbom").Metadata.size }}', want: 3 },
    {
      template: '${{ configMap("cm").k }}',
      want: 'v',
      given: { objects: [object('ConfigMap', 'demo', 'cm', { data: { k: 'v' } })] },
    },
    { template: '${{ configMap("nope") }}', want: {} },
    {
      template: '${{ secret("s").password }}',
      want: 'geheim',
      given: { objects: [object('Secret', 'demo', 's', { data: { password: 'Z2VoZWlt' } })] },
    },
    {
      template: '${{ sharedConfigMap("cm").k }}',
      want: 'v',
      given: { objects: [object('ConfigMap', 'shared', 'cm', { data: { k: 'v' } })] },
    },
    {
      template: '${{ sharedSecret("s") }}',
      want: {},
      given: { objects: [object('Secret', 'shared', 's', { data: { a: 'YQ==' } })] },
    },
    { template: '${{ freightMetadata("f1") }}', want: null },
    {
      template: '${{ freightMetadata("f1")["k"] ?? "d" }}',
      want: 'v',
      given: { objects: [object('Freight', 'demo', 'f1', { status: { metadata: { k: 'v' } } })] },
    },
    { template: '${{ freightStatus("f1") }}', want: {}, given: { objects: [object('Freight', 'demo', 'f1', {})] } },
    {
      template: '${{ stageMetadata("test").k }}',
      want: 1,
      given: { objects: [object('Stage', 'demo', 'test', { status: { metadata: { k: 1 } } })] },
    },
    { template: '${{ semverParse("v1.2").IncMinor().String() }}!', want: '1.3.0!' },
    { template: 'v${{ semverParse("1.2.3-rc.1+b").Prerelease() }}', want: 'vrc.1' },
    { template: '${{ semverParse("v1.2.3") }}', want: '1.2.3' },
    { template: '${{ quote("1.10") }}', want: '1.10' },
    { template: '${{ success() }}', want: false, given: { before: [{ uses: 'x', as: 's', status: 'Failed' }] } },
  ];
  it.each(cases)(
    '[20 6.1.21] [20 6.1.22] [20 6.2.1] [20 6.2.7] [20 6.2.8] [20 6.2.10] $template is $want',
    async ({ template, want, given }) => {
      expect(await render({ x: template }, given)).toEqual({ x: want });
    },
  );

  it.each([
    ['1.1.1', '2.2.2', 'Major'],
    ['1.1.1', 'v1.2.2', 'Minor'],
    ['1.1.1', '1.1.2', 'Patch'],
    ['1.1.1+build1', '1.1.1+build2', 'Metadata'],
    ['1.1.1', '1.1.1', 'None'],
    ['1.1.1-alpha', '1.1.1-beta', 'None'],
    ['1.1.1-alpha.1+build.1', '1.1.1-alpha.1+build.2', 'Metadata'],
    ['1.1.1-alpha', '2.0.0', 'Major'],
    ['nonsense', '1.0.0', 'Incomparable'],
    ['', '1.0.0', 'Incomparable'],
    ['1.1.1', '', 'Incomparable'],
    ['v1.1.1', '1.1.1', 'None'],
    ['1.1.1-alpha', '1.2.0-beta', 'Minor'],
    ['1.1.1-alpha', '1.1.2-alpha', 'Patch'],
  ])('[20 6.2.12] semverDiff(%j, %j) is %s', async (a, b, want) => {
    expect(await render({ x: `\${{ semverDiff("${a}", "${b}") }}` })).toEqual({ x: want });
  });

  it.each([
    [
      '${{ imageFrom("example.com/app").Tag }}',
      { subscriptions: [{ image: { repoURL: 'example.com/app' } }, { image: { repoURL: 'example.com/app' } }] },
      'name the origin',
    ],
    ['${{ warehouse("") }}', {}, 'needs the name of a Warehouse'],
    ['${{ freightMetadata("") }}', {}, 'needs the name of a Freight'],
    ['${{ status("") }}', {}, 'needs the alias of a step'],
    ['${{ freightStatus("") }}', {}, 'needs the name of a Freight'],
    ['${{ stageMetadata("") }}', {}, 'needs the name of a Stage'],
    ['${{ chartFrom("u", "n", "w") }}', {}, 'chartFrom'],
    ['${{ chartFrom("u", warehouse("app"), warehouse("app")) }}', {}, 'chartFrom'],
    ['${{ chartFrom("u", warehouse("app"), "n") }}', {}, 'chartFrom'],
    ...[
      ['warehouse', 1],
      ['commitFrom', 1],
      ['imageFrom', 1],
      ['chartFrom', 1],
      ['artifactFrom', 1],
      ['configMap', 1],
      ['secret', 1],
      ['sharedConfigMap', 1],
      ['sharedSecret', 1],
      ['freightMetadata', 1],
      ['stageMetadata', 1],
      ['freightStatus', 1],
      ['semverParse', 1],
      ['semverDiff', 2],
      ['status', 1],
    ].flatMap(([name, count]): [string, Given, string][] => {
      const given: Given = { vars: [{ name: 'n', value: '${{ 1.5 }}' }] };
      const wrong = Array.from({ length: Number(count) }, () => 'vars.n').join(', ');
      return [
        [`\${{ ${name}() }}`, {}, `not enough arguments to call ${name}`],
        [`\${{ ${name}("a", "b", "c", "d") }}`, {}, name === 'chartFrom' ? name : `too many arguments to call ${name}`],
        // Of functions that can be called in several ways, the original tells what the last way lacks.
        [
          `\${{ ${name}(true) }}`,
          {},
          /From$|Diff$/.test(String(name)) ? 'not enough arguments' : 'cannot use bool as argument (type string)',
        ],
        [`\${{ ${name}(${wrong}) }}`, given, 'first argument must be string, got float64'],
      ];
    }),
    ...['always', 'success', 'failure'].map((name): [string, Given, string] => [
      `\${{ ${name}(1) }}`,
      {},
      `too many arguments to call ${name}`,
    ]),
    ['${{ semverParse("x") }}', {}, 'is not a semantic version'],
    ['${{ imageFrom() }}', {}, 'imageFrom'],
    ['${{ nosuch() }}', {}, 'nosuch'],
    ['${{ outputs.nope.x }}', {}, 'cannot fetch x from <nil>'],
    [
      '${{ vars.bad }}',
      {
        vars: [
          { name: 'bad', value: '${{ outputs.x }}' },
          { name: 'worse', value: '${{ nosuch() }}' },
        ],
      },
      'error pre-processing promotion variable "bad"',
    ],
    ['${{ vars.bad }}', { step: { vars: [{ name: 'bad', value: '${{ 1 + }}' }] } }, 'error pre-processing step variable "bad"'],
    ['${{ vars.v }}', { vars: [{ name: 'v', value: '${{ success() }}' }] }, 'error pre-processing promotion variable "v"'],
  ] as [string, Given, string][])('[20 6.1.21] [20 6.2.6] %s fails and says why', async (template, given, message) => {
    await expect(render({ x: template }, given)).rejects.toThrow(message);
  });

  it('does not suffer from variables it does not use', async () => {
    const vars = [
      { name: 'bad', value: '${{ nosuch() }}' },
      { name: 'good', value: 'fine' },
    ];
    expect(await render({ x: '${{ vars.good }}' }, { vars })).toEqual({ x: 'fine' });
  });

  it('[20 6.2.9] reads a resource once, however often it is asked for, and ConfigMaps apart from Secrets', async () => {
    const given: Given = {
      objects: [object('ConfigMap', 'demo', 'x', { data: { a: '1' } }), object('Secret', 'demo', 'x', { data: { a: 'Mg==' } })],
    };
    const { client, expressions } = expressionsOf(given);
    const config = { p: '${{ configMap("x").a }}', q: '${{ configMap("x").a }}-${{ secret("x").a }}', r: '${{ secret("x").a }}' };
    expect(await expressions.config(config, anything, scopeOf(given))).toEqual({ p: 1, q: '1-2', r: 2 });
    expect(client.asked).toEqual(['ConfigMap demo/x', 'Secret demo/x']);
  });

  it('fails when a resource cannot be read, naming it', async () => {
    const client = { get: () => Promise.reject(new Error('connection refused')) };
    const expressions = stepExpressions({ client });
    await expect(expressions.config({ x: '${{ secret("s").a }}' }, anything, scopeOf({}))).rejects.toThrow(
      'could not read Secret "s" in namespace "demo"',
    );
  });
});

describe('a condition', () => {
  const condition = (text: string, given: Given = {}): Promise<boolean> =>
    expressionsOf(given).expressions.condition(text, scopeOf(given));
  const failed: Given = {
    before: [
      { uses: 'x', as: 'a', status: 'Errored' },
      { uses: 'x', as: 'b', status: 'Skipped' },
    ],
  };

  it.each([
    ['${{ always() }}', {}, true],
    ['${{ success() }}', {}, true],
    ['${{ failure() }}', failed, true],
    ['${{ success() }}', { before: [{ ...failed.before![0]!, continueOnError: true }] }, true],
    ["${{ status('a') == 'Errored' && status('b') == 'Skipped' && status('own') == '' }}", failed, true],
    ["${{ status('a') }}${{ '' }}" + '', { before: [{ uses: 'x', as: 'a', status: 'true' }] }, true],
    [
      "${{ status('a') == 'Failed' }}",
      {
        step: { as: 'task-1::own' },
        before: [
          { uses: 'x', as: 'task-1::a', status: 'Failed' },
          { uses: 'x', as: 'a' },
        ],
      },
      true,
    ],
    ["${{ status('a') == '' }}", { step: { as: 'task-1::own' }, before: [{ uses: 'x', as: 'a' }] }, true],
    ["${{ vars.go == 'yes' }}", { vars: [{ name: 'go', value: 'no' }] }, false],
    ['${{ outputs.a.x > 1 }}', { state: { a: { x: 2 } } }, true],
    ["${{ status('b') == '' }}", { step: { as: 'task-1::own' }, before: [{ uses: 'x', as: 'task-2::b' }] }, true],
    ["${{ status('task-1::a') == '' }}", { before: [{ uses: 'x', as: 'task-1::a' }] }, true],
    ['${{ task.outputs.s.x == 1 }}', { step: { as: 'task-1::own' }, state: { 'task-1::s': { x: 1 } } }, true],
    ["${{ semverDiff('1.0.0', '2.0.0') == 'Major' }}", {}, true],
  ] as [string, Given, boolean][])('[20 6.1.20] [20 6.2.11] %s', async (text, given, want) => {
    expect(await condition(text, given)).toBe(want);
  });

  it.each([
    ['always()', 'expression must evaluate to a boolean, got string'],
    ['${{ 1 }}', 'expression must evaluate to a boolean, got number'],
    ['${{ nosuch() }}', 'nosuch'],
  ])('[20 6.1.20] %s is a failure', async (text, message) => {
    await expect(condition(text)).rejects.toThrow(message);
  });
});
