import { describe, expect, it } from 'vitest';
import { runFake } from '../testing/run.ts';

const HEAD = 'apiVersion: kargo.akuity.io/v1alpha1\n';
const WAREHOUSE = `${HEAD}kind: Warehouse
metadata: {name: app, namespace: demo}
spec:
  subscriptions:
  - image: {repoURL: example.com/app}
`;

/** A Stage whose steps begin at line 14. */
function stage(steps: string, more: { name?: string; sources?: string; vars?: string } = {}): string {
  const { name = 'test', sources = '{direct: true}', vars = '[]' } = more;
  return `${HEAD}kind: Stage
metadata: {name: ${name}, namespace: demo}
spec:
  requestedFreight:
  - origin: {kind: Warehouse, name: app}
    sources: ${sources}
  vars: ${vars}
  promotionTemplate:
    spec:
      vars:
      - {name: repo, value: https://example.com/app.git}
      steps:
${steps}`;
}

interface Found {
  line: number;
  column: number;
  severity: string;
  code: string;
  message: string;
  suggestion?: string;
  file: string;
  object?: string;
  field?: string;
}

async function lint(
  files: Record<string, string>,
  argv: string[] = ['-f', '.'],
): Promise<{ code: number; findings: Found[]; stderr: string }> {
  const { code, stdout, stderr } = await runFake(['lint', ...argv, '-o', 'json'], { files, env: {} });
  return { code, findings: (JSON.parse(stdout) as { findings: Found[] }).findings, stderr };
}

const shown = ({ line, column, severity, code, suggestion }: Found): string =>
  `${line}:${column} ${severity} ${code}${suggestion === undefined ? '' : `: ${suggestion}`}`;

const CLONE = `      - uses: git-clone
        as: clone
        config: {repoURL: "\${{ vars.repo }}", checkout: [{path: src}]}
`;

describe('kargo lint', () => {
  it('finds nothing wrong with a whole pipeline', async () => {
    const steps = `${CLONE}      - uses: git-commit
        as: commit
        if: \${{ success() && vars.image != '' }}
        config:
          path: src
          message: Deploy \${{ imageFrom(vars.image).Tag }} from \${{ outputs.clone.commits['src'] }}
      - task: {name: publish}
        as: out
        vars: [{name: path, value: src}]
      - uses: compose-output
        as: end
        config: {commit: "\${{ outputs['out::push'].commit }}", own: "\${{ ctx.meta.step.alias }}"}
`;
    const task = `${HEAD}kind: PromotionTask
metadata: {name: publish, namespace: demo}
spec:
  vars: [{name: path}]
  steps:
  - uses: git-push
    as: push
    config: {path: "\${{ vars.path }}"}
  - uses: compose-output
    config: {commit: "\${{ task.outputs.push.commit }}", all: "\${{ outputs.whatever.x }}"}
`;
    const project = `${HEAD}kind: Project\nmetadata: {name: demo}\n`;
    const files = {
      'a.yaml': [project, WAREHOUSE, task].join('---\n'),
      'deep/stages.yml': [
        stage(steps, { vars: '[{name: image, value: example.com/app}]' }),
        stage(CLONE, { name: 'prod', sources: '{stages: [test]}' }),
      ].join('---\n'),
      'service.json': '{"apiVersion":"v1","kind":"Service","metadata":{"name":"x"}}',
      'ingress.yaml': 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: x}\n',
    };
    expect(await lint(files, ['-f', '.', '-R'])).toEqual({ code: 0, findings: [], stderr: '' });
  });

  it.each<[string, string, string[]]>([
    ['an unknown step', '      - uses: git-clnoe\n', ['14:15 error unknown-step: did you mean "git-clone"?']],
    [
      'unknown and missing keys',
      '      - uses: git-clone\n        config:\n          repoUrl: x\n          checkout:\n          - path: src\n            brnch: main\n',
      [
        '16:11 error invalid-config',
        '16:11 error invalid-config: did you mean "repoURL"?',
        '19:13 error invalid-config: did you mean "branch"?',
      ],
    ],
    [
      'an unknown variable',
      '      - uses: git-clear\n        config: {path: "${{ vars.rpeo }}"}\n',
      ['15:29 error unknown-variable: did you mean "repo"?'],
    ],
    [
      'a variable that may be missing',
      '      - uses: git-clear\n        config: {path: "${{ vars.rpeo ?? \'x\' }}"}\n',
      ['15:29 warning unknown-variable: did you mean "repo"?'],
    ],
    [
      'an unknown member of ctx',
      '      - uses: git-clear\n        config: {path: "a/${{ ctx.stgae }}"}\n',
      ['15:31 error unknown-variable: did you mean "stage"?'],
    ],
    [
      'an unknown function',
      '      - uses: git-clear\n        if: ${{ alwys() }}\n        config: {path: x}\n',
      ['15:17 error invalid-expression: did you mean "always"?'],
    ],
    [
      'too many arguments',
      '      - uses: git-clear\n        config:\n          path: ${{ imageFrom("a", warehouse("w"), 3) }}\n',
      ['16:21 error invalid-expression'],
    ],
    [
      'operands that do not fit',
      '      - uses: git-clear\n        config:\n          path: ${{ 1 + "a" }}\n',
      ['16:23 error invalid-expression'],
    ],
    [
      'a condition without delimiters',
      '      - uses: git-clear\n        if: always()\n        config: {path: x}\n',
      ['15:13 error invalid-condition: write ${{ always() }}'],
    ],
    [
      'an output of no step',
      `${CLONE}      - uses: git-clear\n        config: {path: "\${{ outputs.clnoe.commits }}"}\n`,
      ['18:29 error unknown-output: did you mean "clone"?'],
    ],
    [
      'an unknown output',
      `${CLONE}      - uses: git-clear\n        config: {path: "\${{ outputs.clone.comits.src }}"}\n`,
      ['18:29 error unknown-output: did you mean "commits"?'],
    ],
    [
      'an output that comes later',
      `      - uses: git-clear\n        config: {path: "\${{ outputs.clone.commits }}"}\n${CLONE}`,
      ['15:29 error unknown-output: move step "clone" up'],
    ],
    [
      'a step after one that always fails',
      '      - uses: fail\n      - uses: git-clear\n        config: {path: x}\n',
      ['15:9 warning never-runs: give it a condition such as ${{ always() }}, or the failing step continueOnError: true'],
    ],
    ['a task that is not there', '      - task: {name: x}\n', ['14:22 warning unknown-task']],
    [
      'a timeout that is none',
      '      - uses: git-clear\n        retry: {timeout: soon}\n        config: {path: x}\n',
      ['15:26 error invalid-timeout'],
    ],
    [
      'a field that is not there',
      '      - uses: git-clear\n        confgi: {path: x}\n        config: {path: x}\n',
      ['15:9 error unknown-field: did you mean "spec.promotionTemplate.spec.steps[0].config"?'],
    ],
    [
      'a place within folded text',
      '      - uses: git-clear\n        config:\n          path: >-\n            some\n            ${{ ctx.stage }} ${{ ctx.x }}\n',
      ['18:34 error unknown-variable'],
    ],
  ])('tells %s', async (_, steps, want) => {
    const { code, findings } = await lint({ 'a.yaml': WAREHOUSE, 'b.yaml': stage(steps) });
    expect(findings.map(shown)).toEqual(want);
    expect(code).toBe(want.some((text) => text.includes(' error ')) ? 1 : 0);
  });

  it('tells cycles, Stages out of reach, and sources that are not there', async () => {
    const of = (name: string, ...stages: string[]): string => stage(CLONE, { name, sources: `{stages: [${stages.join(', ')}]}` });
    const { findings } = await lint({
      'a.yaml': WAREHOUSE,
      'b.yaml': of('b', 'c'),
      'c.yaml': of('c', 'b'),
      'd.yaml': of('d', 'c'),
      'e.yaml': of('e', 'tset'),
      'test.yaml': stage(CLONE).replace('name: app}', 'name: ap}'),
    });
    expect(
      findings.map(
        ({ file, code, line, column, suggestion = '' }) => `${file.split('/').at(-1)}:${line}:${column} ${code} ${suggestion}`,
      ),
    ).toEqual([
      'b.yaml:7:14 cycle ',
      'c.yaml:7:14 cycle ',
      'd.yaml:7:14 unreachable ',
      'e.yaml:7:24 unknown-upstream did you mean "test"?',
      'test.yaml:6:37 unknown-warehouse did you mean "app"?',
    ]);
  });

  it('tells what admission would refuse, with place and object', async () => {
    const { findings } = await lint({
      'a.yaml': `${WAREHOUSE.replace('example.com/app}', 'example.com/app, constraint: "^^"}')}---\n${WAREHOUSE}`,
      'b.yaml': stage(CLONE, { sources: '{}' }),
    });
    expect(findings.map(({ line, column, code, object, field }) => [line, column, code, object, field])).toEqual([
      [6, 51, 'invalid', 'Warehouse demo/app', 'spec.subscriptions[0].image.constraint'],
      [7, 14, 'invalid', 'Stage demo/test', 'spec.requestedFreight[0].sources'],
    ]);
  });

  it('tells what cannot be read, and goes on with the rest', async () => {
    const { code, findings } = await lint({
      'a.yaml': `a: [\n---\n${HEAD}kind: Stgae\nmetadata: {name: x}\n---\n- 1\n---\nkind: Stage\n`,
      'b.json': '{"apiVersion": "kargo.akuity.io/v1alpha1", "kind": "Stage", "metadata": {"name": "x"}, "spec": 1}',
    });
    expect([code, findings.map(({ code: of, line }) => `${of} ${line}`)]).toEqual([
      1,
      ['syntax 2', 'unknown-kind 4', 'no-object 7', 'no-object 9', 'invalid 1'],
    ]);
  });

  it('reads standard input and prints a line for each finding', async () => {
    const { code, stdout, stderr } = await runFake(['lint', '-f', '-'], { stdin: stage('      - uses: git-clnoe\n'), env: {} });
    expect([code, stdout, stderr]).toEqual([
      1,
      `standard input:6:37: warning: there is no Warehouse "app" in these files [unknown-warehouse]
standard input:14:15: error: there is no step "git-clnoe"; did you mean "git-clone"? [unknown-step]
`,
      'Error: 1 error and 1 warning in 1 file\n',
    ]);
  });

  it('fails for warnings only when strict', async () => {
    const files = { 'b.yaml': stage(CLONE) };
    expect((await runFake(['lint', '-f', 'b.yaml'], { files })).code).toBe(0);
    expect((await runFake(['lint', '-f', 'b.yaml', '--strict'], { files })).code).toBe(1);
    const clean = await runFake(['lint', '-f', 'a.yaml', '--strict'], { files: { 'a.yaml': WAREHOUSE } });
    expect([clean.code, clean.stdout]).toEqual([0, '1 file checked: no problems found\n']);
  });

  it.each<[string, string[], string]>([
    ['no files', [], 'filename'],
    ['absent files', ['-f', 'nosuch.yaml'], 'does not exist'],
    ['an unknown format', ['-f', 'a.yaml', '-o', 'xml'], '--output must be text or json'],
  ])('refuses %s', async (_, argv, message) => {
    const { code, stderr } = await runFake(['lint', ...argv], { files: { 'a.yaml': WAREHOUSE } });
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  });
});
