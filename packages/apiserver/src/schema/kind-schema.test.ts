import { defineKind, s, type FieldError, type KubeObject } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { validationContext } from './context.ts';
import { KindSchema } from './kind-schema.ts';

const Widget = defineKind({
  group: 'example.com',
  version: 'v1',
  kind: 'Widget',
  plural: 'widgets',
  schema: s.object({
    spec: s.object(
      {
        size: s.optional(s.int({ minimum: 1, maximum: 5, default: 3 })),
        colour: s.optional(s.enum(['red', 'green'])),
        name: s.optional(s.string({ pattern: '^[a-z]+$', minLength: 2, maxLength: 4 })),
        port: s.optional(s.intOrString()),
        at: s.optional(s.time()),
        tags: s.optional(s.array(s.string(), { listType: 'set', maxItems: 3 })),
        parts: s.optional(
          s.array(s.object({ id: s.string(), count: s.optional(s.int({ default: 1 })) }), {
            listType: 'map',
            listMapKeys: ['id'],
          }),
        ),
        extra: s.optional(s.anyObject()),
        limits: s.optional(s.map(s.int())),
        note: s.optional(s.string({ nullable: true })),
        fixed: s.optional(s.string({ rules: [{ rule: 'self == oldSelf', message: 'fixed cannot be changed' }] })),
      },
      { rules: [{ rule: '!has(self.size) || self.size != 4', message: 'four is unlucky', fieldPath: '.size' }] },
    ),
  }),
});

const schema = new KindSchema(Widget, validationContext());

function widget(spec: object): KubeObject {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec } as KubeObject;
}

function problems(spec: object, old?: object): string[] {
  return schema.validate(widget(spec), old === undefined ? undefined : widget(old)).map(text);
}

function text({ field, type, value, detail }: FieldError): string {
  return `${field} ${type}${value === undefined ? '' : ` ${JSON.stringify(value)}`}${detail === '' ? '' : ` ${detail}`}`;
}

describe('validation', () => {
  const cases: { name: string; spec: object; old?: object; want: string[] }[] = [
    {
      name: 'accepts what fits',
      spec: { size: 1, colour: 'red', name: 'ab', port: '80', at: '2024-01-02T03:04:05Z', note: null },
      want: [],
    },
    {
      name: 'type',
      spec: { size: 'x' },
      want: ['spec.size FieldValueTypeInvalid "string" spec.size in body must be of type integer: "string"'],
    },
    {
      name: 'null',
      spec: { name: null },
      want: ['spec.name FieldValueTypeInvalid "null" spec.name in body must be of type string: "null"'],
    },
    {
      name: 'range',
      spec: { size: 9 },
      want: ['spec.size FieldValueInvalid 9 spec.size in body should be less than or equal to 5'],
    },
    {
      name: 'enum',
      spec: { colour: 'blue' },
      want: ['spec.colour FieldValueNotSupported "blue" supported values: "red", "green"'],
    },
    {
      name: 'length and pattern together',
      spec: { name: 'ABCDE' },
      want: [
        'spec.name FieldValueTooLong may not be more than 4 characters, found 5',
        `spec.name FieldValueInvalid "ABCDE" spec.name in body should match '^[a-z]+$'`,
      ],
    },
    {
      name: 'format',
      spec: { at: 'noon' },
      want: ['spec.at FieldValueInvalid "noon" spec.at in body must be of type date-time: "noon"'],
    },
    {
      name: 'int or string',
      spec: { port: true },
      want: ['spec.port FieldValueTypeInvalid "boolean" spec.port in body must be of type integer or string: "boolean"'],
    },
    { name: 'set', spec: { tags: ['a', 'a'] }, want: ['spec.tags[1] FieldValueDuplicate "a"'] },
    { name: 'map keys', spec: { parts: [{ id: 'a' }, { id: 'a' }] }, want: ['spec.parts[1] FieldValueDuplicate {"id":"a"}'] },
    { name: 'required', spec: { parts: [{}] }, want: ['spec.parts[0].id FieldValueRequired'] },
    {
      name: 'values of maps',
      spec: { limits: { cpu: 'x' } },
      want: ['spec.limits.cpu FieldValueTypeInvalid "string" spec.limits.cpu in body must be of type integer: "string"'],
    },
    { name: 'rules', spec: { size: 4 }, want: ['spec.size FieldValueInvalid "object" four is unlucky'] },
    {
      name: 'rules that compare',
      spec: { fixed: 'b' },
      old: { fixed: 'a' },
      want: ['spec.fixed FieldValueInvalid "b" fixed cannot be changed'],
    },
    { name: 'rules that compare, without an old value', spec: { fixed: 'b' }, old: {}, want: [] },
  ];
  it.each(cases)('$name', ({ spec, old, want }) => expect(problems(spec, old)).toEqual(want));
});

describe('validation of what was stored under other rules', () => {
  const old = widget({ size: 9, colour: 'blue', parts: [{ id: 'a', count: 'many' }] });
  it.each<{ name: string; now: object; want: string[] }>([
    {
      name: 'parts that did not change are let be',
      now: { size: 9, colour: 'blue', parts: [{ id: 'a', count: 'many' }], name: 'abc' },
      want: [],
    },
    { name: 'a changed part is checked', now: { size: 8, colour: 'blue' }, want: ['spec.size'] },
    {
      name: 'items are told apart by their keys',
      now: {
        size: 9,
        parts: [
          { id: 'b', count: 'few' },
          { id: 'a', count: 'many' },
        ],
      },
      want: ['spec.parts[0].count'],
    },
  ])('$name', ({ now, want }) => {
    expect(schema.validate(widget(now), old).map(({ field }) => field)).toEqual(want);
  });

  it('runs rules that compare with the old value even where nothing changed', () => {
    const Grows = defineKind({
      group: 'example.com',
      version: 'v1',
      kind: 'Grow',
      plural: 'grows',
      schema: s.object({ spec: s.object({ n: s.int({ rules: [{ rule: 'self > oldSelf', message: 'must grow' }] }) }) }),
    });
    const of = (n: number): KubeObject =>
      ({ apiVersion: 'example.com/v1', kind: 'Grow', metadata: { name: 'g' }, spec: { n } }) as KubeObject;
    const grows = new KindSchema(Grows, validationContext());
    expect(grows.validate(of(2), of(1))).toEqual([]);
    expect(grows.validate(of(1), of(1))).toMatchObject([{ field: 'spec.n', detail: 'must grow' }]);
  });
});

describe('normalizing', () => {
  it('fills in defaults where the parent exists', () => {
    const object = widget({ size: null, parts: [{ id: 'a' }] });
    schema.normalize(object as never);
    expect(object).toMatchObject({ spec: { size: 3, parts: [{ id: 'a', count: 1 }] } });
  });

  it('takes a null for nothing where null is not allowed, as Kubernetes does', () => {
    const object = widget({ name: null, note: null, size: null, parts: [{ id: 'a', count: null }], extra: { any: null } });
    expect(schema.normalize(object as never)).toEqual([]);
    expect(object).toMatchObject({ spec: { note: null, size: 3, parts: [{ id: 'a', count: 1 }], extra: { any: null } } });
    expect(object).not.toHaveProperty('spec.name');
  });

  it('drops unknown fields but keeps what is not described', () => {
    const object = widget({ szie: 1, extra: { anything: { goes: true } }, parts: [{ id: 'a', cuont: 2 }] });
    expect(schema.normalize(object as never)).toEqual([
      { path: 'spec.szie', suggestion: 'spec.size' },
      { path: 'spec.parts[0].cuont', suggestion: 'spec.parts[0].count' },
    ]);
    expect(object).toMatchObject({ spec: { extra: { anything: { goes: true } } } });
  });

  it('knows the fields of metadata', () => {
    const object = { ...widget({}), metadata: { name: 'w', fancy: 1 } };
    expect(schema.normalize(object)).toEqual([{ path: 'metadata.fancy', suggestion: undefined }]);
    expect(object.metadata).toEqual({ name: 'w' });
  });
});
