import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigMap, Secret } from '@kargo/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminClient, kargo, startKargo, type KargoProcess } from './kargo-process.ts';

describe('backup and restore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kargo-backup-'));
  const at = (name: string): string => join(folder, name);
  const data = at('data');
  const up = (where: string): Promise<KargoProcess> =>
    startKargo(['up', '--data', where, '--listen', '127.0.0.1:0', '--job-executor', 'none'], /command line kargo login/);
  let plane: KargoProcess | undefined;

  beforeAll(async () => {
    plane = await up(data);
    await adminClient(data).create(Secret, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'default', name: 'precious' },
      stringData: { word: 'rosebud-rosebud' },
    });
  }, 60_000);
  afterAll(async () => {
    await plane?.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('a running control plane is backed up while it writes', { timeout: 60_000 }, async () => {
    const client = adminClient(data);
    let going = true;
    const writing = (async (): Promise<number> => {
      let written = 0;
      for (; going; written++)
        await client.create(ConfigMap, {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { namespace: 'default', name: `m${written}` },
          data: { text: 'x'.repeat(1000) },
        });
      return written;
    })();
    const { code, stderr } = await kargo(['backup', at('live.backup'), '--data', data]);
    going = false;
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(await writing).toBeGreaterThan(0);
    expect(statSync(at('live.backup')).mode & 0o777).toBe(0o600);
    expect(readFileSync(at('live.backup'), 'latin1')).not.toContain('cm9zZWJ1ZC1yb3NlYnVk');
  });

  it('Secrets are not in the database in plain text', () => {
    const text = ['kargo.db', 'kargo.db-wal']
      .map((file) => (existsSync(join(data, file)) ? readFileSync(join(data, file), 'latin1') : ''))
      .join('');
    expect(text).toContain('precious');
    expect(text).not.toContain(Buffer.from('rosebud-rosebud').toString('base64'));
    expect(statSync(join(data, 'encryption-keys.json')).mode & 0o777).toBe(0o600);
  });

  it(
    'a key is rotated below a running control plane, and a backup of then has the keys it needs',
    { timeout: 60_000 },
    async () => {
      const keys = (): string => readFileSync(join(data, 'encryption-keys.json'), 'utf8');
      const before = keys();
      const client = adminClient(data);
      let going = true;
      const writing = (async (): Promise<number> => {
        let written = 0;
        for (; going; written++) {
          const metadata = { namespace: 'default', name: `rotated-${written}` };
          await client.create(Secret, { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { word: 'w' } });
        }
        return written;
      })();
      const [rotated, copied] = await Promise.all([
        kargo(['rotate-key', '--data', data]),
        kargo(['backup', at('rotating.backup'), '--data', data]),
      ]);
      going = false;
      expect(rotated).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringMatching(/encrypted with the new key [0-9a-f]{12}/),
      });
      expect(copied).toMatchObject({ code: 0, stderr: '' });
      expect(await writing).toBeGreaterThan(0);
      expect(keys()).not.toBe(before);
      expect((await client.get(Secret, { namespace: 'default', name: 'precious' })).data?.['word']).toBeDefined();
      expect((await kargo(['restore', at('rotating.backup'), '--data', at('rotating')])).code).toBe(0);
    },
  );

  it('restore makes an equal control plane, and only where nothing is', { timeout: 60_000 }, async () => {
    const refused = await kargo(['restore', at('live.backup'), '--data', data]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not empty') });
    const { code, stdout, stderr } = await kargo(['restore', at('live.backup'), '--data', at('other')]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+ records of/);
    const other = await up(at('other'));
    try {
      expect(await adminClient(at('other')).get(Secret, { namespace: 'default', name: 'precious' })).toEqual(
        await adminClient(data).get(Secret, { namespace: 'default', name: 'precious' }),
      );
      // Whoever could sign in before can sign in again.
      expect(readFileSync(join(at('other'), 'secrets.json'), 'utf8')).toBe(readFileSync(join(data, 'secrets.json'), 'utf8'));
    } finally {
      await other.stop();
    }
  });

  it('a key is rotated, and everything is still there', { timeout: 60_000 }, async () => {
    await plane?.stop();
    const before = readFileSync(join(data, 'encryption-keys.json'), 'utf8');
    expect((await kargo(['rotate-key', '--data', data])).stdout).toMatch(/encrypted with the new key [0-9a-f]{12}/);
    const after = readFileSync(join(data, 'encryption-keys.json'), 'utf8');
    expect(after).not.toBe(before);
    expect((await kargo(['backup', at('idle.backup'), '--data', data])).code).toBe(0);
    plane = await up(data);
    expect((await adminClient(data).get(Secret, { namespace: 'default', name: 'precious' })).data?.['word']).toBe(
      Buffer.from('rosebud-rosebud').toString('base64'),
    );
    await plane.stop();
    writeFileSync(join(data, 'encryption-keys.json'), before);
    await expect(up(data)).rejects.toThrow(/is encrypted with the key "[0-9a-f]{12}", which is not at hand/);
  });

  it('what is no backup, or a damaged one, is not restored', { timeout: 60_000 }, async () => {
    writeFileSync(at('text'), 'no backup');
    expect((await kargo(['restore', at('text'), '--data', at('new')])).stderr).toContain('cannot be read as a backup');
    const bytes = readFileSync(at('idle.backup'));
    bytes.fill(0xa5, 4096 * 4, 4096 * 8);
    writeFileSync(at('damaged'), bytes);
    const { code, stderr } = await kargo(['restore', at('damaged'), '--data', at('new')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/damaged|cannot be read as a backup/);
    expect(existsSync(at('new'))).toBe(false);
    expect((await kargo(['backup', at('nothing'), '--data', at('none')])).stderr).toContain('no data folder of Kargo');
  });
});
