import { describe, expect, it } from 'vitest';
import { METRIC_PROVIDERS } from '../schemas/metric-providers.ts';
import { loadSchemas } from '../schemas/schemas.ts';
import { suggest } from './complete.ts';
import { editYaml, moveItem } from './edit.ts';
import { parseManifest, rangeOf, valueOf } from './parse.ts';
import { parsePath, pathText, valueAt } from './path.ts';
import { schemaAt } from './resolve.ts';
import { serverProblems } from './server-problems.ts';
import { validate } from './validate.ts';

const schemas = await loadSchemas();

const STAGE = `# The way to production
apiVersion: kargo.akuity.io/v1alpha1
kind: Stage
metadata: {name: uat, namespace: shop}  # by hand
spec:
  requestedFreight:
  # what it takes
  - origin: {kind: Warehouse, name: web}
    sources:
      stages: [test]   # once verified there
  promotionTemplate:
    spec:
      steps:
      - uses: git-clone
        config:
          repoURL: https://git.example.com/shop
          checkout:
          - branch: main # the only one
            path: ./src
      - uses: git-push
        as: push
        config:
          path: ./src
`;
const read = (text: string): unknown => valueOf(parseManifest(text).documents[0] as never);

describe('a manifest that a form edits', () => {
  it('keeps comments, order and style of everything else', () => {
    const steps = ['spec', 'promotionTemplate', 'spec', 'steps'];
    const edited = editYaml(STAGE, [...steps, 1, 'config', 'path'], '${{ vars.out }}');
    expect(edited).toBe(STAGE.replace(/path: \.\/src\n$/, 'path: ${{ vars.out }}\n'));
    expect(editYaml(edited, [...steps, 1, 'config', 'path'], './src')).toBe(STAGE);
    const longer = editYaml(STAGE, [...steps, 2], { uses: 'fail' });
    expect(longer).toBe(
      `${STAGE.replaceAll(/ {2,}#/g, ' #').replace('  # what', '  # what')}      - uses: fail\n`.replace(
        '\n # what',
        '\n  # what',
      ),
    );
  });

  it.each<{ name: string; path: (string | number)[]; value: unknown }>([
    { name: 'a key of nothing', path: ['spec', 'shard'], value: 'eu' },
    { name: 'a list of nothing', path: ['spec', 'vars', 0, 'name'], value: 'x' },
    { name: 'text like a number', path: ['metadata', 'labels', 'a'], value: '1.10' },
    { name: 'text of several lines', path: ['metadata', 'annotations', 'a'], value: 'one\ntwo: # no comment\n' },
    { name: 'an item at the end', path: ['spec', 'requestedFreight', 1], value: { origin: { kind: 'Warehouse', name: 'b' } } },
    { name: 'text with everything in it', path: ['metadata', 'annotations', 'b'], value: `'": {}[]#&*!|>%@\`\u0007\u2028${'é'}` },
  ])('sets $name', ({ path, value }) => {
    const edited = editYaml(STAGE, path, value);
    expect(valueAt(read(edited), path)).toEqual(value);
    expect(edited).toContain('# what it takes');
    expect(valueAt(read(editYaml(editYaml(edited, path, 'other'), path, value)), path)).toEqual(value);
  });

  it('removes, and moves items with their comments', () => {
    const steps = ['spec', 'promotionTemplate', 'spec', 'steps'];
    expect(valueAt(read(editYaml(STAGE, [...steps, 0], undefined)), steps)).toHaveLength(1);
    const moved = moveItem(STAGE, steps, 1, 0);
    expect(valueAt(read(moved), [...steps, 0, 'uses'])).toBe('git-push');
    expect(moved).toContain('branch: main # the only one');
  });

  it('writes in blocks again what was empty in between', () => {
    const emptied = editYaml('a:\n  b: 1\n', ['a', 'b'], undefined);
    expect(editYaml(emptied, ['a', 'c'], [1])).toBe('a:\n  c:\n    - 1\n');
  });

  it('leaves a text alone that is no YAML', () => {
    expect(editYaml('a: [', ['a'], 1)).toBe('a: [');
  });
});

describe('a manifest is checked by the schemas', () => {
  const at = (change: (text: string) => string): string[] => {
    const text = change(STAGE);
    const { documents, lines } = parseManifest(text);
    const [document] = documents;
    return validate(schemas, read(text)).map(({ path, message, isKey }) => {
      const { from } = rangeOf(document as never, path, isKey === true ? 'key' : 'value');
      return `${lines.linePos(from).line}: ${pathText(path)}: ${message}`;
    });
  };
  it.each<{ name: string; change: (text: string) => string; want: string[] }>([
    { name: 'as it should be', change: (text) => text, want: [] },
    {
      name: 'a step there is not',
      change: (text) => text.replace('git-clone', 'git-clon'),
      want: ['14: spec.promotionTemplate.spec.steps[0].uses: "git-clon" is not known here. Did you mean git-clone?'],
    },
    {
      name: 'a key of a step there is not',
      change: (text) => text.replace('repoURL', 'repoUrl'),
      want: [
        '16: spec.promotionTemplate.spec.steps[0].config.repoURL: repoURL is required.',
        '16: spec.promotionTemplate.spec.steps[0].config.repoUrl: There is no field repoUrl here. Did you mean repoURL?',
      ],
    },
    {
      name: 'a number for text',
      change: (text) => text.replace('branch: main', 'branch: 1.10'),
      want: ['18: spec.promotionTemplate.spec.steps[0].config.checkout[0].branch: Must be text; put it in quotes: "1.1".'],
    },
    {
      name: 'an expression for anything',
      change: (text) => text.replace('path: ./src\n', "path: './src'\n            create: ${{ vars.x }}\n"),
      want: [],
    },
    {
      name: 'alternatives that exclude each other',
      change: (text) => text.replace('branch: main', 'tag: a\n            branch: main'),
      want: ['18: spec.promotionTemplate.spec.steps[0].config.checkout[0]: Only one of branch, commit, tag can be given.'],
    },
    {
      name: 'a soak time that is none',
      change: (text) => text.replace('stages: [test]', 'requiredSoakTime: soon\n      stages: [test]'),
      want: ['10: spec.requestedFreight[0].sources.requiredSoakTime: Must be a duration such as 30s, 10m or 1h30m.'],
    },
    { name: 'an unknown kind', change: (text) => text.replace('kind: Stage', 'kind: Other'), want: [] },
  ])('$name', ({ change, want }) => expect(at(change)).toEqual(want));
});

describe('what can be written where the cursor is', () => {
  const labels = (text: string, names = {}): string[] => {
    const offset = text.indexOf('▮');
    return suggest(schemas, text.replace('▮', ''), offset, names)?.items.map(({ label }) => label) ?? [];
  };
  const cases: { name: string; text: string; want: string[] }[] = [
    { name: 'a kind', text: 'apiVersion: kargo.akuity.io/v1alpha1\nkind: ▮', want: ['Stage', 'Warehouse', 'AnalysisTemplate'] },
    {
      name: 'fields of a spec',
      text: STAGE.replace('  requestedFreight', '  ▮\n  requestedFreight'),
      want: ['shard', 'vars', 'verification'],
    },
    {
      name: 'a name of what exists',
      text: STAGE.replace('sources:', 'x:').replace('{kind: Warehouse, name: web}', '\n      name: ▮'),
      want: ['web', 'api'],
    },
    { name: 'a step', text: STAGE.replace('uses: git-push', 'uses: ▮'), want: ['git-push', 'helm-template'] },
    {
      name: 'the configuration of the step',
      text: STAGE.replace('          path: ./src\n', '          path: ./src\n').concat('          ▮'),
      want: ['targetBranch', 'force'],
    },
    {
      name: 'fields within items',
      text: STAGE.replace('            path: ./src', '            path: ./src\n            ▮'),
      want: ['tag', 'commit', 'create'],
    },
    { name: 'one of several values', text: `${STAGE}          provider: ▮`, want: ['github', 'gitlab'] },
    { name: 'true or false', text: `${STAGE}          force: ▮`, want: ['true', 'false'] },
    { name: 'stages that exist', text: STAGE.replace('[test]', '\n      - ▮'), want: ['test', 'prod'] },
    {
      name: 'outputs of steps and functions',
      text: `${STAGE}          tag: \${{ ▮`,
      want: ['outputs.push.commit', 'ctx.stage', 'imageFrom'],
    },
  ];
  it.each(cases)('$name', ({ text, want }) => {
    expect(labels(text, { warehouses: ['web', 'api'], stages: ['test', 'prod'] })).toEqual(expect.arrayContaining(want));
  });

  it('nothing within a block of text', () => {
    expect(labels('apiVersion: v1\nkind: ConfigMap\ndata:\n  a: |\n    ▮')).toEqual([]);
  });
});

describe('what a server refuses, by field', () => {
  it.each<{ name: string; text: string; want: [string, string][] }>([
    {
      name: 'one problem',
      text: 'Stage.kargo.akuity.io "uat" is invalid: spec.requestedFreight[0].sources: Required value: name a source, or two',
      want: [['spec.requestedFreight[0].sources', 'Name a source, or two']],
    },
    {
      name: 'several problems',
      text: 'Stage.kargo.akuity.io "uat" is invalid: [spec.steps[0].uses: Invalid value: "git-clon": there is no such step, did you mean "git-clone"?, spec.vars[0].value: Invalid value: "${{ x": it does not end]',
      want: [
        ['spec.steps[0].uses', 'There is no such step, did you mean "git-clone"?'],
        ['spec.vars[0].value', 'It does not end'],
      ],
    },
    {
      name: 'unknown fields',
      text: 'Stage.kargo.akuity.io "uat" is invalid: [unknown field "spec.foo", did you mean "vars"?]',
      want: [['spec.foo', 'There is no field spec.foo here, did you mean "vars"?']],
    },
    { name: 'something else', text: 'stages "uat" is forbidden: no', want: [['', 'Stages "uat" is forbidden: no']] },
  ])('$name', ({ text, want }) => {
    expect(serverProblems(text).map(({ path, message }) => [pathText(path ?? []), message])).toEqual(want);
  });

  it('text that cannot be read, by line and column', () => {
    expect(serverProblems('the request body cannot be read as YAML: Nested mappings at line 3, column 5:')).toMatchObject([
      { at: { line: 3, column: 5 } },
    ]);
  });

  it('reads the paths that it writes', () => {
    expect(parsePath(pathText(['spec', 'a', 0, 'b']))).toEqual(['spec', 'a', 0, 'b']);
  });
});

describe('what metrics are measured by', () => {
  const template = (provider: object): object => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'smoke', namespace: 'shop' },
    spec: { metrics: [{ name: 'a', provider }] },
  });

  it.each(Object.entries(METRIC_PROVIDERS))('has a form for %s whose beginning fits it', (name, { initial, schema }) => {
    expect(validate(schemas, template({ [name]: initial }))).toEqual([]);
    expect(schemaAt(schemas, template({}), ['spec', 'metrics', 0, 'provider', name])).toEqual(schema);
  });

  it('may be what a cluster knows and this page does not, and may have fields beyond those of the form', () => {
    expect(validate(schemas, template({ plugin: { 'shop/own': { any: ['thing'] } } }))).toEqual([]);
    expect(validate(schemas, template({ prometheus: { query: 'up', newer: true, timeout: '{{args.patience}}' } }))).toEqual([]);
  });

  it('is told where it does not fit', () => {
    const problems = validate(schemas, template({ web: { method: 'GTE' } }));
    expect(problems.map(({ path, message }) => `${pathText(path)}: ${message}`)).toEqual([
      'spec.metrics[0].provider.web.url: url is required.',
      'spec.metrics[0].provider.web.method: "GTE" is not known here. Must be one of GET, POST, PUT. Did you mean GET?',
    ]);
  });
});
