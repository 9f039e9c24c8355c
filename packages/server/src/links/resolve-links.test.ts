import { describe, expect, it } from 'vitest';
import { resolveLinks } from './resolve-links.ts';

const stage = {
  metadata: { name: 'prod-eu', namespace: 'shop', labels: { team: 'blue' } },
  spec: {},
  status: { phase: 'Steady' },
};

describe('links', () => {
  const cases: { name: string; url: string; want: string }[] = [
    { name: 'a field', url: 'https://x/{{ .stage.metadata.name }}', want: 'https://x/prod-eu' },
    {
      name: 'a function in a pipe',
      url: 'https://x/{{ .stage.metadata.name | upper | replace "-" "_" }}',
      want: 'https://x/PROD_EU',
    },
    { name: 'a default', url: 'https://x/{{ .stage.spec.shard | default "main" }}', want: 'https://x/main' },
    { name: 'a part of a text', url: 'https://x/{{ trunc 4 .stage.metadata.name }}', want: 'https://x/prod' },
    {
      name: 'a condition',
      url: 'https://x/{{ if hasPrefix "prod" .stage.metadata.name }}live{{ else }}test{{ end }}',
      want: 'https://x/live',
    },
    { name: 'a query', url: 'https://x/?q={{ urlquery "a b&c" }}', want: 'https://x/?q=a+b%26c' },
    { name: 'a list', url: 'https://x/{{ join "," (splitList "-" .stage.metadata.name) }}', want: 'https://x/prod,eu' },
  ];
  it.each(cases)('are made with $name', ({ url, want }) => {
    expect(resolveLinks([{ title: 't', url }], { stage })).toEqual({ links: [{ title: 't', url: want }] });
  });

  it('are shown where their condition holds, and one that fails hides no other', () => {
    const links = [
      { title: 'no', url: 'https://a', if: 'stage.metadata.name == "test"' },
      { title: 'yes', url: 'https://b', description: 'd', if: 'stage.status.phase == "Steady"' },
      { title: 'unclear', url: 'https://c', if: 'stage.metadata.name' },
      { title: 'broken', url: 'https://d/{{ .stage | nothing }}' },
      { title: 'script', url: 'javascript:alert({{ .stage.metadata.name }})' },
      { title: 'environment', url: 'https://e/{{ env "HOME" }}' },
      { title: 'last', url: 'https://f' },
    ];
    const { links: made, errors = [] } = resolveLinks(links, { stage });
    expect(made).toEqual([
      { title: 'yes', url: 'https://b', description: 'd' },
      { title: 'last', url: 'https://f' },
    ]);
    expect(errors.map((error) => error.split(':')[0])).toEqual([
      'link "unclear"',
      'link "broken"',
      'link "script"',
      'link "environment"',
    ]);
  });

  it('stay small', () => {
    const { errors } = resolveLinks([{ title: 't', url: '{{ repeat 1000000 "abc" }}' }], { stage });
    expect(errors?.[0]).toMatch(/repeat makes more than 65536 characters/);
  });
});
