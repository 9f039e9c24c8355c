import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInSteps } from './registry.ts';

type Schema = Record<string, unknown>;

const root = join(import.meta.dirname, '../../../..');
const folder = [process.env['KARGO_SHARED'], join(root, '../shared')]
  .flatMap((shared) => (shared === undefined ? [] : [join(shared, 'reference/step-schemas')]))
  .find((path) => existsSync(path));

/** Durations are matched as a whole: what passes can also be read. */
function anchored(field: string): Record<string, string> {
  const [published, own] = [String.raw`(?:\d+(ns|us|µs|ms|s|m|h))+`, String.raw`^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$`];
  const why = 'matches the whole text, and fractions';
  return { [`- ${field}.pattern=${JSON.stringify(published)}`]: why, [`+ ${field}.pattern=${JSON.stringify(own)}`]: why };
}

/** Where the configurations here differ from the published schemas, and why. */
const DELIBERATE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'git-commit': {
    '+ messageFromSteps:array': 'templates of earlier releases compose the message from the outputs of steps',
    '+ messageFromSteps.minItems=1': 'templates of earlier releases compose the message from the outputs of steps',
    '+ messageFromSteps[]:string': 'templates of earlier releases compose the message from the outputs of steps',
    '+ messageFromSteps[].minLength=1': 'templates of earlier releases compose the message from the outputs of steps',
    '+ (root).oneOf': 'exactly one of message and messageFromSteps',
    '- (root).required message': 'messageFromSteps takes its place',
  },
  'git-clone': {
    '+ depth:integer': 'shallow clones are an extension',
    '+ depth.minimum=1': 'shallow clones are an extension',
    '+ depth.maximum=2147483646': 'shallow clones are an extension',
  },
  'git-merge-pr': {
    '+ pollInterval.pattern="^(?:\\\\d+(ns|us|µs|ms|s|m|h))+$"': 'the published pattern lets through what is no duration',
    '- pollInterval.pattern="(?:\\\\d+(ns|us|µs|ms|s|m|h))+"': 'as above',
  },
  'git-wait-for-pr': {
    '+ pollInterval.pattern="^(?:\\\\d+(ns|us|µs|ms|s|m|h))+$"': 'the published pattern lets through what is no duration',
    '- pollInterval.pattern="(?:\\\\d+(ns|us|µs|ms|s|m|h))+"': 'as above',
  },
  'git-open-pr': {
    '+ draft:boolean': 'drafts are an extension',
    '+ reviewers:array': 'reviewers are an extension',
    '+ reviewers[]:string': 'reviewers are an extension',
    '+ reviewers[].minLength=1': 'reviewers are an extension',
  },
  'git-push': {
    '+ branch:string': 'templates of earlier releases call the target branch so',
  },
  http: {
    ...anchored('timeout'),
    ...anchored('pollInterval'),
  },
  'http-download': anchored('timeout'),
  'kustomize-build': {
    '- plugin.helm.apiVersions.additionalProperties=false': 'says nothing about a list',
  },
  'kustomize-set-image': {
    '+ images[].fromOrigin:object': 'earlier releases took the version from the Freight, of this origin if several had it',
    '+ images[].fromOrigin.additionalProperties=false': 'as above',
    '+ images[].fromOrigin.required kind': 'as above',
    '+ images[].fromOrigin.required name': 'as above',
    '+ images[].fromOrigin.kind:string': 'as above',
    '+ images[].fromOrigin.kind.enum=["Warehouse"]': 'as above',
    '+ images[].fromOrigin.name:string': 'as above',
    '+ images[].fromOrigin.name.minLength=1': 'as above',
    '+ images[].useDigest:boolean': 'earlier releases could set the digest of the Freight too',
  },
};

const IGNORED = new Set([
  'description',
  'title',
  '$schema',
  'definitions',
  'properties',
  'items',
  'required',
  'type',
  'oneOf',
  'anyOf',
  'default',
  'deprecated',
]);

function load(file: string): Schema {
  return JSON.parse(readFileSync(join(folder ?? '', file), 'utf8')) as Schema;
}

/** The schema a `$ref` means, looked up in the file it stands in. */
function resolved(schema: Schema, file: string): { schema: Schema; file: string } {
  const { $ref, ...rest } = schema;
  if (typeof $ref !== 'string') return { schema, file };
  const [where = '', pointer = ''] = $ref.split('#');
  const target = where === '' ? file : where;
  let found: unknown = load(target);
  for (const part of pointer.split('/').filter((text) => text !== '')) found = (found as Schema)[part];
  const again = resolved(found as Schema, target);
  return { schema: { ...again.schema, ...rest }, file: again.file };
}

/** Everything a schema says about values, one fact a line. Alternatives are checked by the tests of validation. */
function facts(given: Schema, file: string, path = ''): string[] {
  const { schema, file: here } = resolved(given, file);
  const at = path === '' ? '(root)' : path;
  const out = [`${at}:${String(schema['type'])}`];
  for (const name of (schema['required'] as string[] | undefined) ?? []) out.push(`${at}.required ${name}`);
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'oneOf' || key === 'anyOf') out.push(`${at}.${key}`);
    if (key === 'additionalProperties' && typeof value === 'object') out.push(...facts(value as Schema, here, `${path}.*`));
    else if (!IGNORED.has(key)) out.push(`${at}.${key}=${JSON.stringify(value)}`);
  }
  for (const [name, property] of Object.entries((schema['properties'] as Record<string, Schema> | undefined) ?? {}))
    out.push(...facts(property, here, path === '' ? name : `${path}.${name}`));
  if (typeof schema['items'] === 'object') out.push(...facts(schema['items'] as Schema, here, `${path}[]`));
  return out;
}

describe('the configuration schemas', () => {
  it.each(builtInSteps.map(({ name }) => name))('of %s is the published one, but for what is deliberate', (name) => {
    if (folder === undefined) {
      console.warn('skipped: the published step schemas are not at ../shared/reference/step-schemas');
      return;
    }
    const file = `${name}-config.json`;
    const published = new Set(facts(load(file), file));
    const own = new Set(facts(builtInSteps.find((step) => step.name === name)!.configSchema as Schema, file));
    const differences = [
      ...[...own].filter((fact) => !published.has(fact)).map((fact) => `+ ${fact}`),
      ...[...published].filter((fact) => !own.has(fact)).map((fact) => `- ${fact}`),
    ];
    const known = Object.keys(DELIBERATE[name] ?? {});
    expect(differences.filter((difference) => !known.includes(difference))).toEqual([]);
    expect(known.filter((difference) => !differences.includes(difference))).toEqual([]);
  });
});
