import { describe, expect, it } from 'vitest';
import { allowing, openPipeline, userToken, type Harness } from './harness.ts';

const PATH = '/projects/demo/lint';

interface Found {
  index: number;
  field: string;
  severity: string;
  code: string;
}

const stage = (name: string, sources: string, steps = ''): string => `apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: { name: ${name}, namespace: demo }
spec:
  requestedFreight:
    - origin: { kind: Warehouse, name: w }
      sources: { ${sources} }
  promotionTemplate: { spec: { steps: [${steps}] } }
`;

async function lint({ call }: Harness, body: string): Promise<Found[]> {
  const answer = await call('POST', PATH, body);
  expect(answer.status).toBe(200);
  return (answer.body as { findings: Found[] }).findings;
}

const brief = (found: readonly Found[]): string[] =>
  found.map(({ index, field, severity, code }) => `${index} ${field}: ${severity} ${code}`);

describe('asking what is odd about manifests', () => {
  const cases: { name: string; body: string; want: string[] }[] = [
    { name: 'nothing', body: stage('new', 'stages: [test]', '{ uses: fail }'), want: [] },
    {
      name: 'steps that never run, variables and outputs that nobody has',
      body: stage(
        'new',
        'direct: true',
        "{ uses: fail }, { uses: compose-output, as: b, config: { x: '${{ vars.none }} ${{ outputs.b2.y }}' } }",
      ),
      want: [
        '0 spec.promotionTemplate.spec.steps[1]: warning never-runs',
        '0 spec.promotionTemplate.spec.steps[1].config.x: error unknown-variable',
        '0 spec.promotionTemplate.spec.steps[1].config.x: error unknown-output',
      ],
    },
    {
      name: 'sources that are not there',
      body: stage('new', 'stages: [tset]').replace('name: w ', 'name: v '),
      want: [
        '0 spec.requestedFreight[0].origin.name: error unknown-warehouse',
        '0 spec.requestedFreight[0].sources.stages[0]: error unknown-upstream',
      ],
    },
    {
      name: 'stages that wait for each other, among what is sent and what is there',
      body: `${stage('test', 'stages: [late]')}---\n${stage('late', 'stages: [test]')}`,
      want: ['0 spec.requestedFreight[0].sources: error cycle', '1 spec.requestedFreight[0].sources: error cycle'],
    },
    {
      name: 'tasks that are not there',
      body: stage('new', 'direct: true', '{ task: { name: nothing } }'),
      want: ['0 spec.promotionTemplate.spec.steps[0].task.name: warning unknown-task'],
    },
    {
      name: 'other objects, and Stages that have no such shape',
      body: '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n---\n{apiVersion: kargo.akuity.io/v1alpha1, kind: Stage, metadata: {name: a}, spec: {requestedFreight: 1}}',
      want: [],
    },
  ];
  it.each(cases)('finds $name', async ({ body, want }) => {
    const harness = await openPipeline();
    expect(brief(await lint(harness, body)).toSorted()).toEqual(want.toSorted());
  });

  it('says nothing of tasks that the caller may not see', async () => {
    const authorizer = allowing('list stages', 'list warehouses', 'get namespaces', 'get projects');
    const { call } = await openPipeline({ authorizer });
    const body = stage('new', 'direct: true', '{ task: { name: nothing } }');
    const answer = await call('POST', PATH, body, { authorization: `Bearer ${userToken('alice')}` });
    expect([answer.status, answer.body]).toEqual([200, { findings: [] }]);
  });

  it('refuses more than can be checked without holding up others, however few bytes it is sent in', async () => {
    const { call } = await openPipeline();
    const step = "{ uses: compose-output, config: { x: '${{ outputs.none }}' } }";
    expect((await call('POST', PATH, stage('new', 'direct: true', Array(2000).fill(step).join()))).status).toBe(413);
    const many = `{ uses: fail, config: { x: &x ${'y'.repeat(10_000)}, y: [${Array(20).fill('*x').join()}] } }`;
    expect((await call('POST', PATH, stage('new', 'direct: true', many))).status).toBe(413);
  });

  it('refuses what is no manifest, and projects that are not there', async () => {
    const { call } = await openPipeline();
    expect((await call('POST', PATH, '[')).status).toBe(400);
    expect((await call('POST', '/projects/none/lint', stage('a', 'direct: true'))).status).toBe(404);
  });
});
