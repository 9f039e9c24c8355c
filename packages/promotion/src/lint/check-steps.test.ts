import type { Json, PromotionStep } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { stepRegistry } from '../steps/registry.ts';
import { StepChecker, type Process } from './check-steps.ts';
import { fieldPath, type StepFinding } from './finding.ts';

const checker = new StepChecker(stepRegistry());
const shown = ({ code, severity, certain, path, message }: StepFinding): string =>
  `${severity}${certain ? '!' : ''} ${code} ${fieldPath(path)}: ${message}`;
const check = (steps: PromotionStep[], more: Partial<Process> = {}): string[] =>
  checker.check({ kind: 'stage', steps, ...more }).map(shown);
const clone = { repoURL: 'https://example.com/x', checkout: [{ path: 'src' }] };
const vars = ['a', 'b', 't', 'repo', 'path', 'create', 'insecure', 'checkout', 'seconds'].map((name) => ({ name, value: '' }));
const AT = 'steps[0].config';

describe('a configuration that is checked before it is used', () => {
  it.each<[string, string, Json, (string | RegExp)[]]>([
    [
      'has bare expressions about what there is',
      'http',
      {
        url: 'https://example.com',
        successExpression: 'response.status == 200 && response.header("x") == "" && any(response.headers, # != "")',
        outputs: [{ name: 'a', fromExpression: 'response.body.items[0].id ?? $env.response.body' }],
      },
      [],
    ],
    [
      'has bare expressions about what there is not',
      'http',
      {
        url: 'https://example.com',
        successExpression: 'respons.status == 200',
        outputs: [{ name: 'a', fromExpression: 'response.bodi.id' }],
      },
      [
        `error unknown-variable ${AT}.successExpression: there is no variable "respons" here`,
        `error unknown-variable ${AT}.outputs[0].fromExpression: response has no "bodi"`,
      ],
    ],
    ['is good', 'git-clone', clone, []],
    [
      'has expressions where anything may come',
      'git-clone',
      { repoURL: '${{ vars.repo }}', checkout: [{ path: '${{ vars.path }}', create: '${{ vars.create }}' }] },
      [],
    ],
    [
      'is missing',
      'git-clone',
      null as never,
      [
        `error! invalid-config ${AT}.repoURL: git-clone needs repoURL`,
        `error! invalid-config ${AT}.checkout: git-clone needs checkout`,
      ],
    ],
    [
      'has a field that is not there',
      'git-clone',
      { ...clone, repoUrl: '${{ vars.repo }}' },
      [`error! invalid-config ${AT}.repoUrl: git-clone knows no "repoUrl" here`],
    ],
    [
      'has one deep inside',
      'git-clone',
      { ...clone, checkout: [{ path: 'a' }, { path: 'b', brnch: 'main' }] },
      [`error! invalid-config ${AT}.checkout[1].brnch: git-clone knows no "brnch" here`],
    ],
    [
      'has a number for a text',
      'git-clone',
      { ...clone, checkout: [{ path: 'a', tag: 1.1 }] },
      [`error! invalid-config ${AT}.checkout[0].tag: git-clone: Invalid type. Expected: string, given: number; put it in quotes`],
    ],
    ['has a text for a flag', 'git-clone', { ...clone, insecureSkipTLSVerify: 'yes' }, [/Invalid type. Expected: boolean/]],
    ['has an expression for a flag', 'git-clone', { ...clone, insecureSkipTLSVerify: '${{ vars.insecure }}' }, []],
    [
      'has a number from an expression for a flag',
      'git-clone',
      { ...clone, insecureSkipTLSVerify: '${{ 1 + 1 }}' },
      [`error! wrong-type ${AT}.insecureSkipTLSVerify: this is a number, where a boolean is wanted`],
    ],
    [
      'has a list from an expression for a text',
      'git-clone',
      { ...clone, repoURL: '${{ split(vars.repo, ",") }}' },
      [`error! wrong-type ${AT}.repoURL: this is an array, where a text is wanted`],
    ],
    ['has a number from an expression for a text', 'git-clone', { ...clone, repoURL: '${{ 1 + 1 }}' }, []],
    ['has an expression for a list', 'git-clone', { repoURL: 'x', checkout: '${{ vars.checkout }}' }, []],
    ['has an empty list', 'git-clone', { repoURL: 'x', checkout: [] }, [/checkout: git-clone: Array must have at least 1 items/]],
    [
      'has alternatives at once',
      'git-clone',
      { ...clone, checkout: [{ path: 'a', branch: 'b', tag: 'c' }] },
      [/^error! invalid-config steps\[0\].config.checkout\[0\]: git-clone: Must validate one and only one schema/],
    ],
    [
      'has alternatives that may be empty',
      'git-clone',
      { ...clone, checkout: [{ path: 'a', branch: '${{ vars.b }}', tag: '${{ vars.t }}' }] },
      [],
    ],
    ['has no duration', 'http', { url: 'https://x', timeout: '5 minutes' }, [/timeout: http: Does not match pattern/]],
    ['has a duration to come', 'http', { url: 'https://x', timeout: '${{ vars.seconds }}s' }, []],
    ['says things twice', 'argocd-wait', { apps: [{ name: 'a', waitFor: ['sync', 'sync'] }] }, [/Array items must be unique/]],
    ['may have any keys', 'compose-output', { 'a key': '${{ vars.a }}', other: 1 }, []],
    [
      'calls a function that is not there',
      'git-clone',
      { ...clone, repoURL: '${{ imageForm("x").Tag }}' },
      [`error! invalid-expression ${AT}.repoURL: unknown function imageForm`],
    ],
    [
      'gives too few arguments',
      'git-clone',
      { ...clone, repoURL: '${{ commitFrom() }}' },
      [/not enough arguments to call commitFrom/],
    ],
    ['gives too many arguments', 'git-clone', { ...clone, repoURL: '${{ quote(1, 2) }}' }, [/too many arguments to call quote/]],
    ['asks for a field that results do not have', 'git-clone', { ...clone, repoURL: '${{ imageFrom("x").Tga }}' }, [/^error! /]],
    [
      'uses a name that is not there',
      'git-clone',
      { ...clone, repoURL: '${{ outptus.x }}' },
      [`error invalid-expression ${AT}.repoURL: unknown name outptus`],
    ],
    ['uses what is there', 'git-clone', { ...clone, repoURL: '${{ success() ? vars.a : upper(ctx.stage) + status("z") }}' }, []],
    ['has a bare expression', 'http', { url: 'https://x', successExpression: 'response.status == 200' }, []],
    [
      'has a bare expression that is none',
      'http',
      { url: 'https://x', successExpression: 'response.status ==' },
      [/^error! invalid-expression steps\[0\].config.successExpression: /],
    ],
    [
      'has a bare expression deep inside',
      'http',
      { url: 'https://x', outputs: [{ name: 'a', fromExpression: 'nothing(1)' }] },
      [`error! invalid-expression ${AT}.outputs[0].fromExpression: unknown function nothing`],
    ],
    ['has an explanation that cannot be read', 'http', { url: 'https://x', errorExpression: '(' }, [/^warning /]],
    ['is of a step that is not there', 'unheard-of', { anything: true }, [/^error! unknown-step steps\[0\].uses/]],
  ])('%s', (_, uses, config, want) => {
    const got = check([{ uses, ...(config === null ? {} : { config: config as NonNullable<PromotionStep['config']> }) }], {
      vars,
    });
    expect(got.length, got.join('\n')).toBe(want.length);
    for (const [index, text] of want.entries()) {
      if (typeof text === 'string') expect(got[index]).toBe(text);
      else expect(got[index]).toMatch(text);
    }
  });

  it('is told what there is instead', () => {
    const [finding] = checker.check({ kind: 'stage', steps: [{ uses: 'git-clone', config: { ...clone, repoUrl: 'x' } }] });
    expect(finding).toMatchObject({
      value: 'x',
      unknown: { name: 'repoUrl', known: expect.arrayContaining(['repoURL']) as unknown },
    });
  });
});

describe('conditions and variables', () => {
  it('have the functions of their places', () => {
    expect(check([{ uses: 'fail', if: '${{ allways() }}', vars: [{ name: 'x', value: '${{ failure() }}' }] }])).toEqual([
      'error! invalid-expression steps[0].vars[0].value: unknown function failure',
      'error! invalid-expression steps[0].if: unknown function allways',
    ]);
    expect(check([{ uses: 'fail', if: '${{ always() }}', vars: [{ name: 'x', value: '${{ imageFrom("a").Tag }}' }] }])).toEqual(
      [],
    );
    expect(check([], { vars: [{ name: 'x', value: '${{ nosuch() }}' }] })).toEqual([
      'error! invalid-expression vars[0].value: unknown function nosuch',
    ]);
  });

  it.each<[string, string[]]>([
    ['${{ 1 }}', ['error! invalid-condition steps[0].if: the condition is of type number, and must be a boolean']],
    ['${{ {"a": 1} }}', ['error! invalid-condition steps[0].if: the condition is of type object, and must be a boolean']],
    ['${{ nil }}', ['error! invalid-condition steps[0].if: the condition is of type null, and must be a boolean']],
    ['always()', ['error! invalid-condition steps[0].if: the condition "always()" is a text, and must be a boolean']],
    ['${{ vars.a }}', []],
    ['${{ success() && vars.a == "x" }}', []],
  ])('must be of type boolean: %s', (text, want) => {
    expect(check([{ uses: 'git-clear', if: text, config: { path: 'x' } }], { vars })).toEqual(want);
  });

  it('of tasks may be there where the task is used', () => {
    expect(check([{ uses: 'git-clear', config: { path: '${{ vars.other }}' } }], { kind: 'task' })).toEqual([
      'warning unknown-variable steps[0].config.path: the task declares no variable "other"',
    ]);
    expect(check([{ uses: 'git-clear', config: { path: '${{ inputs.a }}' } }], { kind: 'task', vars })).toEqual([]);
  });
});

describe('outputs', () => {
  const pr: PromotionStep = {
    uses: 'git-open-pr',
    as: 'open',
    config: { repoURL: 'https://x/y', sourceBranch: 'a', targetBranch: 'b' },
  };
  const wait = (prNumber: Json): PromotionStep => ({ uses: 'git-wait-for-pr', config: { repoURL: 'https://x/y', prNumber } });

  it.each<[string, Json, string[]]>([
    ['of the right type', '${{ outputs.open.pr.id }}', []],
    [
      'by another name',
      '${{ outputs.open.id }}',
      ['error unknown-output steps[1].config.prNumber: step "open" (git-open-pr) has no output "id"'],
    ],
    [
      'with another member',
      '${{ outputs["open"].pr.number }}',
      ['error unknown-output steps[1].config.prNumber: output "pr" of step "open" (git-open-pr) has no "number"'],
    ],
    [
      'of another type',
      '${{ outputs.open.pr }}',
      ['error wrong-type steps[1].config.prNumber: this is an object, where an integer is wanted'],
    ],
    [
      'that may be missing',
      '${{ outputs.open?.nr ?? 1 }}',
      ['warning unknown-output steps[1].config.prNumber: step "open" (git-open-pr) has no output "nr"'],
    ],
  ])('%s', (_, number, want) => {
    expect(check([pr, wait(number)])).toEqual(want);
  });

  it('of steps that name them are known too, and those that nobody can know may be any', () => {
    const parse = (name: string): PromotionStep => ({
      uses: 'yaml-parse',
      as: 'read',
      config: { path: 'x', outputs: [{ name, fromExpression: 'a' }] },
    });
    const use: PromotionStep = { uses: 'git-clear', config: { path: '${{ outputs.read.tag }}' } };
    expect(check([parse('tag'), use])).toEqual([]);
    expect(check([parse('tga'), use])).toEqual([expect.stringContaining('has no output "tag"')]);
    expect(check([parse('${{ ctx.stage }}'), use])).toEqual([]);
  });
});
