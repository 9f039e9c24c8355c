import type { DiscoveredArtifacts } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { criteriaProblem, evaluateCriteria } from './criteria.ts';

const found: DiscoveredArtifacts = {
  git: [{ repoURL: 'https://github.com/acme/config', commits: [{ id: 'abc', tag: 'v1.2.0', subject: 's' }] }],
  images: [
    {
      repoURL: 'ghcr.io/acme/web',
      references: [
        { tag: '1.2.0', digest: 'sha256:00' },
        { tag: '1.1.0', digest: 'sha256:01' },
      ],
    },
    { repoURL: 'ghcr.io/acme/api', references: [{ tag: '1.2.0', digest: 'sha256:02' }] },
  ],
  charts: [{ repoURL: 'https://charts.acme.io', name: 'web', versions: ['2.0.0'] }],
  results: [{ name: 'build', artifactReferences: [{ subscriptionName: 'build', version: '7', artifactType: 's3' }] }],
};

describe('criteria for Freight', () => {
  it.each<[string | undefined, DiscoveredArtifacts, string]>([
    [undefined, found, 'satisfied'],
    ['  ', found, 'satisfied'],
    ['false', {}, 'satisfied'],
    ["imageFrom('ghcr.io/acme/web').Tag == imageFrom('ghcr.io/acme/api').Tag", found, 'satisfied'],
    ["imageFrom('ghcr.io/acme/web').Tag != imageFrom('ghcr.io/acme/api').Tag", found, 'unsatisfied'],
    ["commitFrom('https://github.com/Acme/Config.git').Tag == 'v1.2.0'", found, 'satisfied'],
    ["chartFrom('https://charts.acme.io').Version == '2.0.0'", found, 'satisfied'],
    ["chartFrom('https://charts.acme.io', 'web').Version == '2.0.0'", found, 'satisfied'],
    ["chartFrom('https://charts.acme.io', 'other') == nil", found, 'satisfied'],
    ["artifactFrom('build').Version == '7'", found, 'satisfied'],
    ["imageFrom('nowhere') == nil", found, 'satisfied'],
    ["'t'", found, 'satisfied'],
    ['0', found, 'unsatisfied'],
    ["imageFrom('nowhere').Tag == 'x'", found, 'failed'],
    ["'maybe'", found, 'failed'],
    ['1 +', found, 'failed'],
  ])('%s', (expression, artifacts, want) => {
    expect(evaluateCriteria(expression, artifacts).kind).toBe(want);
  });

  it('what is wrong with them is told before anything is found', () => {
    expect(criteriaProblem("imageFrom('x').Tag == 'y'")).toBeUndefined();
    expect(criteriaProblem("imageForm('x')")).toBeDefined();
    expect(criteriaProblem("imageFrom('x').Tga")).toBeDefined();
    expect(criteriaProblem('1 +')).toBeDefined();
  });
});
