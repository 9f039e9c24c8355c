import { Freight } from '@kargo/api';
import { describe, expect, it } from 'vitest';
import { runDeclared } from '../../testing/declared-outputs.ts';
import { ConfigValidator } from '../../config/validate.ts';
import { somePorts, stepContext, unused } from '../../testing/run-fixture.ts';
import { StoredResources } from '../../testing/stored-resources.ts';
import { setFreightAlias } from './set-freight-alias.ts';

const freight = (name: string, alias: string) => ({
  apiVersion: 'kargo.akuity.io/v1alpha1',
  kind: 'Freight',
  metadata: { namespace: 'demo', name, labels: { 'kargo.akuity.io/alias': alias, other: 'x' } },
  alias,
});

const run = (stored: StoredResources, name: string, alias: string) =>
  runDeclared(setFreightAlias, stepContext(unused('workspace'), { name, alias }), somePorts({ client: stored.client }));

describe('set-freight-alias', () => {
  it('sets the field and the label, however often it runs', async () => {
    const stored = new StoredResources(freight('f1', 'old'));
    expect(await run(stored, 'f1', 'new')).toEqual({
      status: 'Succeeded',
      message: 'updated alias of Freight "f1" from "old" to "new"',
    });
    expect(stored.read(Freight, { namespace: 'demo', name: 'f1' })).toMatchObject({
      alias: 'new',
      metadata: { labels: { 'kargo.akuity.io/alias': 'new', other: 'x' } },
    });
    expect((await run(stored, 'f1', 'new')).status).toBe('Succeeded');
    expect(stored.writes).toEqual(['Freight demo/f1']);
  });

  it.each([
    ['Freight there is not', 'gone', 'new', 'could not set the alias of Freight "gone" to "new": '],
    ['the alias of another', 'f1', 'taken', 'Freight "f2" of the project already has it'],
    ['what cannot be a label', 'f1', 'a b', 'must be empty or consist of alphanumeric characters'],
  ])('fails for good for %s', async (_, name, alias, message) => {
    const stored = new StoredResources(freight('f1', 'old'), freight('f2', 'taken'));
    await expect(run(stored, name, alias)).rejects.toThrow(
      expect.objectContaining({ name: 'TerminalStepError', status: 'Failed', message: expect.stringContaining(message) }),
    );
    expect(stored.writes).toEqual([]);
  });

  it('fails for good when somebody else writes at the same time', async () => {
    const stored = new StoredResources(freight('f1', 'old'));
    stored.beforeWrite = () => stored.put(freight('f1', 'theirs'));
    await expect(run(stored, 'f1', 'new')).rejects.toThrow(
      expect.objectContaining({ name: 'TerminalStepError', status: 'Failed' }),
    );
  });

  it.each([
    [{ name: 'x' }, '(root): alias is required'],
    [{ alias: 'x' }, '(root): name is required'],
    [{ name: 'x', alias: '' }, 'alias: String length must be greater than or equal to 1'],
    [{ name: 'x', alias: 'y', z: 1 }, '(root): Additional property z is not allowed; allowed are name, alias'],
  ])('does not take %j', (config, problem) => {
    expect(new ConfigValidator().problems(setFreightAlias.configSchema, config)).toEqual([problem]);
  });
});
