import { ApiError, ConfigMap, Deployment, Stage, type KubeObject } from '@kargo/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzParameters } from '../fuzz-parameters.ts';
import { patched } from '../registry/patches.ts';
import { decode } from './body.ts';
import { decodeProtobuf, PROTOBUF } from './protobuf.ts';

/** Runs work that may refuse its input, but only as an API does. */
function refusesAtMost(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ApiError);
  }
}

const object = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', labels: { a: 'b' } },
  data: { k: 'v' },
} as KubeObject;

describe('decoders of what anybody may send', () => {
  it('read or refuse any bytes as protobuf', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        refusesAtMost(() => decodeProtobuf(Buffer.from(bytes)));
        refusesAtMost(() => decodeProtobuf(Buffer.concat([Buffer.from('k8s\0'), bytes])));
      }),
      fuzzParameters(200),
    );
  });

  it('read or refuse any text as JSON and YAML', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('application/json', 'application/yaml', PROTOBUF),
        (text, type) => {
          refusesAtMost(() => decode({ bytes: Buffer.from(text), type }));
        },
      ),
      fuzzParameters(200),
    );
  });

  it('apply or refuse any patch, and never change the stored object', () => {
    const before = JSON.stringify(object);
    fc.assert(
      fc.property(
        fc.object({
          key: fc.constantFrom(
            'metadata',
            'labels',
            'data',
            '$patch',
            '$retainKeys',
            '$setElementOrder/x',
            '__proto__',
            'constructor',
            'k',
            'spec',
            'containers',
          ),
        }),
        (body) => {
          refusesAtMost(() => patched(ConfigMap, object, { type: 'merge', body: body as never }));
          refusesAtMost(() => patched(ConfigMap, object, { type: 'strategic', body: body as never }));
          refusesAtMost(() =>
            patched(
              Deployment,
              { ...object, apiVersion: 'apps/v1', kind: 'Deployment' },
              { type: 'strategic', body: body as never },
            ),
          );
          refusesAtMost(() => patched(Stage, object, { type: 'strategic', body: body as never }));
        },
      ),
      fuzzParameters(200),
    );
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'other'),
      path: fc.constantFrom(
        '',
        '/',
        '/metadata',
        '/metadata/name',
        '/data/k',
        '/data/-',
        '/x/0',
        'data',
        '/metadata/labels/a~1b',
      ),
      from: fc.constantFrom('', '/data', '/metadata/labels', '/none'),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (body) => {
        refusesAtMost(() => patched(ConfigMap, object, { type: 'json', body: body as never }));
      }),
      fuzzParameters(200),
    );
    expect(JSON.stringify(object)).toBe(before);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
