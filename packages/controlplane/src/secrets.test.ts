import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadSecrets, SecretsError } from './secrets.ts';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'kargo-secrets-'));
});
afterEach(() => rm(data, { recursive: true, force: true }));

describe('the secrets of a data folder', () => {
  it('are made once, shown once, and kept to their user', async () => {
    const first = await loadSecrets(data, undefined);
    expect(first.generatedPassword).toMatch(/^[\w-]{16}$/);
    const second = await loadSecrets(data, undefined);
    expect(second.generatedPassword).toBeUndefined();
    expect(second.secrets).toEqual(first.secrets);
    expect((await stat(join(data, 'secrets.json'))).mode & 0o777).toBe(0o600);
  });

  it('change only in the password when a new one is given', async () => {
    const { secrets } = await loadSecrets(data, 'one');
    const { secrets: changed } = await loadSecrets(data, 'two');
    expect(changed).toEqual({ ...secrets, adminPasswordHash: changed.adminPasswordHash });
    expect(changed.adminPasswordHash).not.toBe(secrets.adminPasswordHash);
  });

  it.each(['{"adminPasswordHash": "x', '', 'null', '[]', '"text"'])(
    'are never made anew over what cannot be read: %j',
    async (text) => {
      await writeFile(join(data, 'secrets.json'), text);
      await expect(loadSecrets(data, 'one')).rejects.toThrow(SecretsError);
      await expect(loadSecrets(data, 'one')).rejects.toThrow(/restore it from a backup, or delete it/);
    },
  );
});
