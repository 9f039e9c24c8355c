import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { EditError } from './edit-error.ts';
import { readKustomizationImages, setKustomizationImages } from './kustomization-images.ts';
import type { KustomizationImage } from './kustomization-images.ts';

describe('setting the images of a kustomization', () => {
  const cases: { name: string; text: string; images: KustomizationImage[]; want: string }[] = [
    {
      name: 'changes only the value where there is one',
      text: '# top\nresources:\n  - x # rx\nimages:\n  - name: nginx # the server\n    newTag: "1.25" # old\n# end\n',
      images: [{ name: 'nginx', newTag: '1.26' }],
      want: '# top\nresources:\n  - x # rx\nimages:\n  - name: nginx # the server\n    newTag: "1.26" # old\n# end\n',
    },
    {
      name: 'quotes a tag that looks like a number',
      text: 'images:\n- name: nginx\n  newTag: v1\n',
      images: [{ name: 'nginx', newTag: '1.10' }],
      want: 'images:\n- name: nginx\n  newTag: "1.10"\n',
    },
    {
      name: 'adds the list at the end',
      text: 'resources:\n- x # c\n',
      images: [{ name: 'nginx', newTag: '1.25' }],
      want: 'resources:\n- x # c\nimages:\n- name: nginx\n  newTag: "1.25"\n',
    },
    {
      name: 'ends an open last line first',
      text: 'resources: [x] # c',
      images: [{ name: 'nginx', newTag: 'v1' }],
      want: 'resources: [x] # c\nimages:\n- name: nginx\n  newTag: v1\n',
    },
    { name: 'fills an empty file', text: '', images: [{ name: 'a', newTag: 'v1' }], want: 'images:\n- name: a\n  newTag: v1\n' },
    {
      name: 'keeps a comment that is all there is',
      text: '# mine\n',
      images: [{ name: 'a', newTag: 'v1' }],
      want: '# mine\nimages:\n- name: a\n  newTag: v1\n',
    },
    {
      name: 'replaces an empty list and keeps its comment',
      text: 'images: [] # none yet\nresources: []\n',
      images: [{ name: 'a', newTag: 'v1' }],
      want: 'images: # none yet\n- name: a\n  newTag: v1\nresources: []\n',
    },
    {
      name: 'replaces a missing value',
      text: 'images:\nresources: []\n',
      images: [{ name: 'a', newTag: 'v1' }],
      want: 'images:\n- name: a\n  newTag: v1\nresources: []\n',
    },
    {
      name: 'adds entries in order, with the comments of the others',
      text: 'images:\n  # about b\n  - name: b # bb\n    newTag: v1 # tt\n  # about d\n  - name: d\n    newTag: v4\n\n# after\nresources: [] # rr\n',
      images: [
        { name: 'c', newName: 'registry.example.com/c', digest: 'sha256:abc' },
        { name: 'd', newTag: 'v5' },
      ],
      want: 'images:\n  # about b\n  - name: b # bb\n    newTag: v1 # tt\n  - name: c\n    newName: registry.example.com/c\n    digest: sha256:abc\n  # about d\n  - name: d\n    newTag: v5\n\n# after\nresources: [] # rr\n',
    },
    {
      name: 'replaces a tag by a digest',
      text: 'images:\n- name: a\n  newTag: v1\n',
      images: [{ name: 'a', digest: 'sha256:abc' }],
      want: 'images:\n- name: a\n  digest: sha256:abc\n',
    },
    {
      name: 'keeps what is starred',
      text: 'images:\n- name: a\n  newName: b\n  newTag: v1\n',
      images: [{ name: 'a', newName: '*', newTag: 'v2', digest: '*' }],
      want: 'images:\n- name: a\n  newName: b\n  newTag: v2\n',
    },
    {
      name: 'removes what is not said',
      text: 'images:\n- name: a\n  newName: b\n  newTag: v1\n',
      images: [{ name: 'a', newTag: 'v1' }],
      want: 'images:\n- name: a\n  newTag: v1\n',
    },
    {
      name: 'keeps the line ends of the file',
      text: 'resources: []\r\n',
      images: [{ name: 'a', newTag: 'v1' }],
      want: 'resources: []\r\nimages:\r\n- name: a\r\n  newTag: v1\r\n',
    },
    {
      name: 'leaves the tags of others as they are written',
      text: 'images:\n- name: b\n  newTag: 1.10\n',
      images: [{ name: 'a', newTag: 'v1' }],
      want: 'images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: 1.10\n',
    },
    {
      name: 'changes nothing when there is nothing to change',
      text: 'images:   [ {name: a,  newTag: v1} ]\n',
      images: [{ name: 'a', newTag: 'v1' }],
      want: 'images:   [ {name: a,  newTag: v1} ]\n',
    },
    {
      name: 'changes a value within braces',
      text: 'images: [{name: a, newTag: v1}] # c\n',
      images: [{ name: 'a', newTag: 'v2' }],
      want: 'images: [{name: a, newTag: v2}] # c\n',
    },
    {
      name: 'unites entries of the same name',
      text: 'images:\n- name: a\n  newTag: v1\n- name: a\n  newTag: v2\n',
      images: [{ name: 'a', newTag: 'v3' }],
      want: 'images:\n- name: a\n  newTag: v3\n',
    },
  ];
  it.each(cases)('$name', ({ text, images, want }) => {
    expect(setKustomizationImages(text, images)).toBe(want);
  });

  it.each([
    ['a list', '- a\n'],
    ['several documents', 'a: 1\n---\nb: 1\n'],
    ['images that are a map', 'images: {a: 1}\n'],
    ['an entry without name', 'images:\n- newTag: x\n'],
    ['broken YAML', 'images: [\n'],
  ])('refuses %s', (_, text) => {
    expect(() => setKustomizationImages(text, [{ name: 'a', newTag: 'v1' }])).toThrow(EditError);
  });

  it('sets exactly what was asked for and loses no comment', () => {
    const name = fc.constantFrom('a', 'b', 'nginx', 'registry.example.com/x', '123', 'true');
    const value = fc.constantFrom('v1', '1.10', '2024-01-01', 'latest', '0x1', 'sha256:00', 'a.b/c');
    const field = fc.option(value, { nil: undefined });
    const image = fc.record({ name, newName: field, newTag: field, digest: field });
    const quoted = (text: string): string => JSON.stringify(text);
    const render = (images: readonly KustomizationImage[], indent: string, comments: boolean): string =>
      images
        .map((entry, index) =>
          [
            ...(comments ? [`${indent}# before ${index}`] : []),
            `${indent}- name: ${quoted(entry.name)}${comments ? ` # inline ${index}` : ''}`,
            ...(['newName', 'newTag', 'digest'] as const).flatMap((key) =>
              entry[key] === undefined ? [] : [`${indent}  ${key}: ${quoted(entry[key] ?? '')}`],
            ),
          ].join('\n'),
        )
        .join('\n');
    fc.assert(
      fc.property(
        fc.uniqueArray(image, { selector: (entry) => entry.name }),
        fc.uniqueArray(image, { selector: (entry) => entry.name, minLength: 1 }),
        fc.constantFrom('', '  ', '    '),
        fc.boolean(),
        fc.boolean(),
        (before, set, indent, comments, last) => {
          const rest = '# rest\nresources: # r\n- x # y\n';
          const list = before.length === 0 ? '' : `images:\n${render(before, indent, comments)}\n`;
          const text = last ? `${rest}${list}` : `${list}${rest}`;
          const edited = setKustomizationImages(text, set);
          const images = readKustomizationImages(edited);
          expect(images.map((entry) => entry.name)).toEqual(images.map((entry) => entry.name).sort());
          for (const entry of set) expect(images).toContainEqual(JSON.parse(JSON.stringify(entry)));
          for (const entry of before) {
            if (!set.some((other) => other.name === entry.name)) expect(images).toContainEqual(JSON.parse(JSON.stringify(entry)));
          }
          expect((parse(edited) as { resources: unknown }).resources).toEqual(['x']);
          expect(edited).toContain(rest.trimEnd());
          if (comments) for (const index of before.keys()) expect(edited).toContain(`# inline ${index}\n`);
          expect(setKustomizationImages(edited, set)).toBe(edited);
        },
      ),
      { numRuns: 300 },
    );
  });
});
