/** What subscriptions may say, compared with the published schemas: on every field, and on thousands of made-up subscriptions. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, Subscription } from '@kargo/api';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subscriptionProblems } from '../../packages/controllers/src/admission/subscription-rules.ts';

interface PublishedProperty {
  type: string;
  enum?: string[];
  default?: Json;
  minimum?: number;
  maximum?: number;
}
interface Published {
  required: string[];
  properties: Record<string, PublishedProperty>;
}

const SHARED = process.env['KARGO_SHARED'] ?? join(import.meta.dirname, '..', '..', '..', 'shared');
const FOLDER = join(SHARED, 'reference', 'subscription-schemas');
const isThere = existsSync(FOLDER);
if (!isThere) console.warn(`skipped: published schemas of subscriptions: there is no ${FOLDER}`);
const published = (type: string): Published => JSON.parse(readFileSync(join(FOLDER, `${type}.json`), 'utf8')) as Published;

const REPOSITORIES: Readonly<Record<string, string>> = {
  git: 'https://github.com/acme/deploy.git',
  image: 'ghcr.io/acme/web',
  chart: 'oci://ghcr.io/acme/charts/web',
};
const accepts = (type: string, config: { [key: string]: Json }): boolean =>
  subscriptionProblems({}, [{ [type]: config } as Subscription], 's').length === 0;

/** Fields where this project takes more, and what. */
const WIDER: Readonly<Record<string, Json[]>> = {
  // Variants, as the specification has them; the published pattern knows two parts alone.
  'image.platform': ['linux/arm64/v8'],
};

describe.skipIf(!isThere).each(['git', 'image', 'chart'])('a subscription of type %s', (type) => {
  const schema = isThere ? published(type) : { required: [], properties: {} };
  const ajv = new Ajv2020({
    strict: false,
    formats: { 'date-time': (text: string) => !Number.isNaN(Date.parse(text)) && text.includes('T') },
  });
  const validate = isThere ? ajv.compile({ ...schema, $schema: undefined } as object) : () => true;

  it('knows the published fields and no others', () => {
    const samples: Readonly<Record<string, Json>> = {
      string: '^1.0.0',
      boolean: true,
      integer: 5,
      array: ['x'],
      semverConstraint: '^1.0.0',
      platform: 'linux/amd64',
      since: '2026-01-01T00:00:00Z',
      expressionFilter: 'true',
      branch: 'main',
    };
    for (const [name, property] of Object.entries(schema.properties)) {
      if (name === 'repoURL' || (type === 'chart' && name === 'name')) continue;
      const value = property.enum?.find((each) => each !== 'Digest') ?? samples[name] ?? samples[property.type] ?? '';
      expect([name, accepts(type, { repoURL: REPOSITORIES[type] ?? '', [name]: value })]).toEqual([name, true]);
    }
    expect(accepts(type, { repoURL: REPOSITORIES[type] ?? '', unknown: 'x' })).toBe(false);
    expect(accepts(type, {})).toBe(false);
  });

  it('judges made-up subscriptions as the published schema does', () => {
    // Not null: the API drops it before anybody judges.
    const any = fc.constantFrom<Json>(
      '',
      'x',
      0,
      1,
      20,
      100,
      101,
      -1,
      1.5,
      true,
      false,
      [],
      ['a'],
      [1],
      {},
      'SemVer',
      'semver',
      'Lexical',
      'main',
      '-x',
    );
    const values: Record<string, fc.Arbitrary<Json | undefined>> = {};
    for (const [name, { enum: choices }] of Object.entries(schema.properties)) {
      const likely: Json[] =
        name === 'repoURL'
          ? [
              '',
              'https://github.com/acme/a',
              'git@github.com:a/b',
              'ghcr.io/a/b',
              'oci://a.b/c',
              'a b',
              'ftp://x/y',
              'nginx',
              'http://h:70000/x',
              REPOSITORIES[type] ?? '',
            ]
          : name === 'platform'
            ? ['linux/amd64', 'linux', 'linux/', 'a/b']
            : name === 'since'
              ? ['2026-01-01T00:00:00Z', 'yesterday']
              : name === 'branch'
                ? ['main', 'release/1.0', '/x', 'x/', 'a b', '']
                : (choices ?? []);
      const value = fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom<Json>(...(likely.length === 0 ? ['1'] : likely)) },
        { weight: 1, arbitrary: any },
      );
      // Few fields at a time, so that one that is wrong does not hide what is thought of the others.
      values[name] =
        name === 'repoURL' ? value : fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
    }
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(fc.record(values), (made) => {
        const config = Object.fromEntries(Object.entries(made).filter(([, value]) => value !== undefined)) as {
          [key: string]: Json;
        };
        // What admission also knows about the meaning of fields is not the business of schemas.
        if (type === 'chart') delete config['name'];
        if (type === 'chart' && !String(config['repoURL']).startsWith('oci://')) return;
        for (const name of ['constraint', 'semverConstraint', 'expressionFilter', 'allowTags', 'ignoreTags']) delete config[name];
        if (config['imageSelectionStrategy'] === 'Digest' || config['since'] === '') return;
        const verdict = validate(config) === true;
        seen[verdict ? 'accepted' : 'refused'] += 1;
        expect({ config, accepted: accepts(type, config) }).toEqual({ config, accepted: verdict });
      }),
      { numRuns: Number(process.env['KARGO_SCHEMA_RUNS'] ?? 1500), seed: 42 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(10);
  });

  it('takes more only where that is meant', () => {
    for (const [field, more] of Object.entries(WIDER)) {
      const [of, name = ''] = field.split('.');
      if (of !== type) continue;
      for (const value of more) expect(accepts(type, { repoURL: REPOSITORIES[type] ?? '', [name]: value })).toBe(true);
    }
  });
});
