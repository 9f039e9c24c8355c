import { describe, expect, it } from 'vitest';
import { references, templateReferences } from './references.ts';

const shown = (source: string): string[] =>
  references(source).map(({ path, open, called }) => `${path.join('.')}${open ? '[?]' : ''}${called ? '()' : ''}`);

describe('references of an expression', () => {
  it.each<[string, string[]]>([
    ['outputs.commit.id', ['outputs.commit.id']],
    ["outputs['update-image']?.commitMessage ?? vars.x", ['outputs.update-image.commitMessage', 'vars.x']],
    ['outputs[vars.name].x', ['outputs[?]', 'vars.name']],
    ['$env.outputs.a', ['outputs.a']],
    ['let outputs = {a: ctx.stage}; outputs.a', ['ctx.stage']],
    ["imageFrom(vars.repo, warehouse('w')).Tag", ['imageFrom()', 'vars.repo', 'warehouse()']],
    ['filter(vars.list, # in outputs.a)', ['vars.list', 'outputs.a']],
    ['ctx.targetFreight.name | split("/")', ['ctx.targetFreight.name']],
    ['1 + 2', []],
  ])('%s', (source, want) => {
    expect(shown(source).toSorted()).toEqual(want.toSorted());
  });

  it('has places in the template', () => {
    const text = 'stage/${{ ctx.stage }}-${% vars.x %}';
    expect(templateReferences(text).map(({ path, offset }) => [path.join('.'), text.slice(offset, offset + 3)])).toEqual([
      ['ctx.stage', 'ctx'],
      ['vars.x', 'var'],
    ]);
  });
});
