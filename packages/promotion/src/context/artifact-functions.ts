import type { FreightOrigin, Json } from '@kargo/api';
import { hostFunction, Struct, StructType, type HostFunction, type TypeName, type Value } from '@kargo/expr';
import { findArtifact, findChart, findCommit, findImage, type FreightScope } from '../freight/find-artifact.ts';

function struct(name: string, fields: Record<string, [json: string, type?: TypeName]>): StructType {
  return new StructType(
    name,
    Object.entries(fields).map(([field, [json, type = 'string']]) => ({ name: field, json, type })),
  );
}

const originType = struct('Origin', { Kind: ['kind'], Name: ['name'] });

const commitType = struct('GitCommit', {
  RepoURL: ['repoURL'],
  ID: ['id'],
  Branch: ['branch'],
  Tag: ['tag'],
  Message: ['message'],
  Author: ['author'],
  Committer: ['committer'],
  SubscriptionName: ['subscriptionName'],
});

const imageType = struct('Image', {
  RepoURL: ['repoURL'],
  Tag: ['tag'],
  Digest: ['digest'],
  Annotations: ['annotations', 'map'],
  SubscriptionName: ['subscriptionName'],
});

const chartType = struct('Chart', {
  RepoURL: ['repoURL'],
  Name: ['name'],
  Version: ['version'],
  SubscriptionName: ['subscriptionName'],
});

const artifactType = struct('ArtifactReference', {
  ArtifactType: ['artifactType'],
  SubscriptionName: ['subscriptionName'],
  Version: ['version'],
  Metadata: ['metadata', 'any'],
});

/** `warehouse`, `commitFrom`, `imageFrom`, `chartFrom` and `artifactFrom` over the Freight being promoted. */
export function artifactFunctions(scope: FreightScope): Record<string, HostFunction> {
  return {
    warehouse: hostFunction('warehouse', { params: ['string'], result: originType }, ([name]) => {
      if (name === '') throw new Error('warehouse() needs the name of a Warehouse');
      return originType.of({ kind: 'Warehouse', name });
    }),
    commitFrom: hostFunction(
      'commitFrom',
      [
        { params: ['string'], result: commitType },
        { params: ['string', originType], result: commitType },
      ],
      ([repoURL, origin]) =>
        objectOf(commitType, findCommit(scope, String(repoURL), originOf(origin)), [
          'repoURL',
          'id',
          'branch',
          'tag',
          'message',
          'author',
          'committer',
          'subscriptionName',
        ]),
    ),
    imageFrom: hostFunction(
      'imageFrom',
      [
        { params: ['string'], result: imageType },
        { params: ['string', originType], result: imageType },
      ],
      ([repoURL, origin]) =>
        objectOf(imageType, findImage(scope, String(repoURL), originOf(origin)), [
          'repoURL',
          'tag',
          'digest',
          'subscriptionName',
        ]),
    ),
    chartFrom: hostFunction(
      'chartFrom',
      [
        { params: ['string'], result: chartType },
        { params: ['string', 'string'], result: chartType },
        { params: ['string', originType], result: chartType },
        { params: ['string', 'string', originType], result: chartType },
      ],
      ([repoURL, second, third]) => {
        const name = typeof second === 'string' ? second : '';
        const origin = originOf(typeof second === 'string' ? third : second);
        return objectOf(chartType, findChart(scope, String(repoURL), name, origin), [
          'repoURL',
          'name',
          'version',
          'subscriptionName',
        ]);
      },
    ),
    artifactFrom: hostFunction(
      'artifactFrom',
      [
        { params: ['string'], result: artifactType },
        { params: ['string', originType], result: artifactType },
      ],
      ([name, origin]) =>
        objectOf(artifactType, findArtifact(scope, String(name), originOf(origin)), [
          'artifactType',
          'subscriptionName',
          'version',
        ]),
    ),
  };
}

/** The artifact as expressions see it; texts that are absent are empty, as they are in Go. Absent: nil. */
function objectOf(type: StructType, artifact: object | undefined, texts: readonly string[]): Value {
  if (artifact === undefined) return null;
  const values = { ...(artifact as Record<string, Json>) };
  for (const name of texts) values[name] ??= '';
  return type.of(values);
}

function originOf(value: Value): FreightOrigin | undefined {
  if (!(value instanceof Struct)) return undefined;
  return { kind: 'Warehouse', name: String(value.get('name')) };
}
