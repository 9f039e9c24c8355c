import { Freight, Stage, type KubeObject } from '@kargo/api';
import { systemClock } from '@kargo/kube';
import { describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { ConfigValidator } from '../../config/validate.ts';
import { somePorts, stepContext } from '../../testing/run-fixture.ts';
import { StoredResources } from '../../testing/stored-resources.ts';
import { unused } from '../../testing/run-fixture.ts';
import { setMetadata, type SetMetadataConfig } from './set-metadata.ts';

const KEY = { namespace: 'demo', name: 'test' };

function aStage(metadata?: Record<string, unknown>): KubeObject & { status?: object } {
  return {
    apiVersion: 'kargo.akuity.io/v1alpha1',
    kind: 'Stage',
    metadata: KEY,
    ...(metadata === undefined ? {} : { status: { phase: 'Steady', metadata } }),
  };
}

const freight = {
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Freight',
  metadata: { namespace: 'demo', name: 'f1' },
  alias: 'a',
};

function run(stored: StoredResources, ...updates: SetMetadataConfig['updates']): Promise<unknown> {
  const ports = somePorts({ client: stored.client, clock: systemClock });
  return runDeclared(setMetadata, stepContext(unused('workspace'), { updates }), ports);
}

describe('set-metadata', () => {
  it('sets keys, replacing their values as a whole, and leaves the others', async () => {
    const stored = new StoredResources(aStage({ kept: 1, ticket: { id: 1, old: true } }), freight);
    const updates: SetMetadataConfig['updates'] = [
      { kind: 'Stage', name: 'test', values: { ticket: { id: 2, none: null } } },
      { kind: 'Freight', name: 'f1', values: { list: [1, 'x'] } },
    ];
    await run(stored, ...updates);
    expect(stored.read(Stage, KEY).status).toEqual({ phase: 'Steady', metadata: { kept: 1, ticket: { id: 2, none: null } } });
    expect(stored.read(Freight, { namespace: 'demo', name: 'f1' })).toMatchObject({
      alias: 'a',
      status: { metadata: { list: [1, 'x'] } },
    });
    await run(stored, ...updates);
    expect(stored.writes).toEqual(['Stage demo/test', 'Freight demo/f1']);
  });

  it('loses nothing that others write meanwhile', async () => {
    const stored = new StoredResources(aStage({}));
    let others = 2;
    stored.beforeWrite = () => {
      if (others === 0) return;
      others -= 1;
      const { metadata } = stored.read(Stage, KEY).status ?? {};
      stored.put(aStage({ ...metadata, [`other${others}`]: others }));
    };
    await run(stored, { kind: 'Stage', name: 'test', values: { mine: true } });
    expect(stored.read(Stage, KEY).status?.metadata).toEqual({ mine: true, other0: 0, other1: 1 });
  });

  it('says what could not be set, keeping what was', async () => {
    const stored = new StoredResources(aStage({}));
    const updates: SetMetadataConfig['updates'] = [
      { kind: 'Stage', name: 'test', values: { a: 1 } },
      { kind: 'Freight', name: 'gone', values: { a: 1 } },
    ];
    await expect(run(stored, ...updates)).rejects.toThrow('could not set metadata of Freight "gone" in project "demo"');
    expect(stored.read(Stage, KEY).status?.metadata).toEqual({ a: 1 });
  });

  it.each([
    [
      { kind: 'Warehouse', name: 'x', values: { a: 1 } },
      'updates.0.kind: updates.0.kind must be one of the following: "Stage", "Freight"',
    ],
    [{ kind: 'Stage', name: '', values: { a: 1 } }, 'updates.0.name: String length must be greater than or equal to 1'],
    [{ kind: 'Stage', name: 'x', values: {} }, 'updates.0.values: Must have at least 1 properties'],
  ])('does not take %j', (update, problem) => {
    expect(new ConfigValidator().problems(setMetadata.configSchema, { updates: [update] })).toEqual([problem]);
  });
});
