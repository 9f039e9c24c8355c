import type { Json, PromotionStep } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { checkSteps } from './check-steps.ts';

const problems = (step: PromotionStep): string[] =>
  checkSteps([step]).map(({ path, severity, message }) => `${severity} ${path}: ${message}`);
const clone = { repoURL: 'https://example.com/x', checkout: [{ path: 'src' }] };

describe('steps that are checked before they run', () => {
  it.each<[string, string, Json, (string | RegExp)[]]>([
    ['a good configuration', 'git-clone', clone, []],
    [
      'expressions where anything may come',
      'git-clone',
      { repoURL: '${{ vars.repo }}', checkout: [{ path: '${{ vars.path }}', create: '${{ vars.create }}' }] },
      [],
    ],
    [
      'no configuration',
      'git-clone',
      null as never,
      ['error [0].config.repoURL: git-clone needs it', 'error [0].config.checkout: git-clone needs it'],
    ],
    [
      'a field that is not there',
      'git-clone',
      { ...clone, repoUrl: '${{ vars.repo }}' },
      ['error [0].config.repoUrl: there is no such field'],
    ],
    [
      'a field deep inside',
      'git-clone',
      { ...clone, checkout: [{ path: 'a' }, { path: 'b', brnch: 'main' }] },
      ['error [0].config.checkout[1].brnch: there is no such field'],
    ],
    [
      'a number for a text',
      'git-clone',
      { ...clone, checkout: [{ path: 'a', tag: 1.1 }] },
      ['error [0].config.checkout[0].tag: Invalid type. Expected: string, given: number; put it in quotes'],
    ],
    [
      'a text for a flag',
      'git-clone',
      { ...clone, insecureSkipTLSVerify: 'yes' },
      [/insecureSkipTLSVerify: Invalid type. Expected: boolean/],
    ],
    ['an expression for a flag', 'git-clone', { ...clone, insecureSkipTLSVerify: '${{ vars.insecure }}' }, []],
    ['an expression for a list', 'git-clone', { repoURL: 'x', checkout: '${{ vars.checkout }}' }, []],
    ['an empty list', 'git-clone', { repoURL: 'x', checkout: [] }, [/checkout: Array must have at least 1 items/]],
    [
      'alternatives at once',
      'git-clone',
      { ...clone, checkout: [{ path: 'a', branch: 'b', tag: 'c' }] },
      [/^error \[0\].config.checkout\[0\]: Must validate one and only one schema/],
    ],
    [
      'alternatives that may be empty',
      'git-clone',
      { ...clone, checkout: [{ path: 'a', branch: '${{ vars.b }}', tag: '${{ vars.t }}' }] },
      [],
    ],
    ['a duration', 'http', { url: 'https://x', timeout: '5 minutes' }, [/timeout: Does not match pattern/]],
    ['a duration to come', 'http', { url: 'https://x', timeout: '${{ vars.seconds }}s' }, []],
    [
      'conditions twice',
      'argocd-wait',
      { apps: [{ name: 'a', waitFor: ['sync', 'sync'] }] },
      [/waitFor: Array items must be unique/],
    ],
    ['free keys', 'compose-output', { 'a key': '${{ outputs.x.y }}', other: 1 }, []],
    ['an unknown step', 'unheard-of', { anything: true }, []],
    [
      'an unknown function',
      'git-clone',
      { ...clone, repoURL: '${{ imageForm("x").Tag }}' },
      [/^error \[0\].config.repoURL: unknown function imageForm/],
    ],
    ['too few arguments', 'git-clone', { ...clone, repoURL: '${{ commitFrom() }}' }, [/not enough arguments to call commitFrom/]],
    ['too many arguments', 'git-clone', { ...clone, repoURL: '${{ quote(1, 2) }}' }, [/too many arguments to call quote/]],
    [
      'an unknown field of a result',
      'git-clone',
      { ...clone, repoURL: '${{ imageFrom("x").Tga }}' },
      [/^error \[0\].config.repoURL: /],
    ],
    [
      'an unknown variable',
      'git-clone',
      { ...clone, repoURL: '${{ outptus.x }}' },
      [/^warning \[0\].config.repoURL: unknown name outptus/],
    ],
    [
      'functions and variables there are',
      'git-clone',
      { ...clone, repoURL: '${{ success() ? vars.a : upper(ctx.stage) + outputs.x.y + status("z") }}' },
      [],
    ],
    ['a bare expression', 'http', { url: 'https://x', successExpression: 'response.status == 200' }, []],
    [
      'a bare expression that is none',
      'http',
      { url: 'https://x', successExpression: 'response.status ==' },
      [/^error \[0\].config.successExpression: /],
    ],
    [
      'a bare expression deep inside',
      'http',
      { url: 'https://x', outputs: [{ name: 'a', fromExpression: 'nothing(1)' }] },
      [/^error \[0\].config.outputs\[0\].fromExpression: unknown function nothing/],
    ],
    [
      'an explanation that cannot be read',
      'http',
      { url: 'https://x', errorExpression: '(' },
      [/^warning \[0\].config.errorExpression: /],
    ],
  ])('%s', (_, uses, config, want) => {
    const got = problems({ uses, ...(config === null ? {} : { config: config as NonNullable<PromotionStep['config']> }) });
    expect(got.length, got.join('\n')).toBe(want.length);
    for (const [index, text] of want.entries()) {
      if (typeof text === 'string') expect(got[index]).toBe(text);
      else expect(got[index]).toMatch(text);
    }
  });

  it('checks conditions and variables, each with the functions it has', () => {
    expect(problems({ uses: 'fail', if: '${{ allways() }}', vars: [{ name: 'x', value: '${{ failure() }}' }] })).toEqual([
      expect.stringMatching(/^error \[0\].if: unknown function allways/),
      expect.stringMatching(/^error \[0\].vars\[0\].value: unknown function failure/),
    ]);
    expect(problems({ uses: 'fail', if: '${{ always() }}', vars: [{ name: 'x', value: '${{ imageFrom("a").Tag }}' }] })).toEqual(
      [],
    );
  });

  it('passes over references to tasks', () => {
    expect(checkSteps([{ task: { name: 'x' } }])).toEqual([]);
  });

  it('says which names there are', () => {
    const [problem] = checkSteps([{ uses: 'git-clone', config: { ...clone, repoUrl: 'x' } }]);
    expect(problem).toMatchObject({ kind: 'unknown', value: 'x', known: expect.arrayContaining(['repoURL']) as unknown });
  });
});
