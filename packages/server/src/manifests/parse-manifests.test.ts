import { describe, expect, it } from 'vitest';
import { parseManifests } from './parse-manifests.ts';

describe('a request body', () => {
  it('is refused with the problem of every resource in it', () => {
    const text = 'kind: Stage\n---\napiVersion: v1\n---\n- 1\n---\napiVersion: v1\nkind: Secret\nmetadata: x\n';
    expect(() => parseManifests(text)).toThrow(
      'a Stage in the request body has no apiVersion; a resource in the request body has no kind; ' +
        'the request body holds 1, which is no resource; metadata of a Secret in the request body is not an object',
    );
  });

  it('may leave metadata out', () => {
    expect(parseManifests('apiVersion: v1\nkind: Secret\n')).toEqual([{ apiVersion: 'v1', kind: 'Secret', metadata: {} }]);
  });
});
