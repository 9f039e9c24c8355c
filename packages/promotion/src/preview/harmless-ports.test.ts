import { describe, expect, it } from 'vitest';
import type { StepPorts } from '../step.ts';
import { somePorts } from '../testing/run-fixture.ts';
import type { PreviewEffect } from './document.ts';
import { harmlessPorts } from './harmless-ports.ts';

type Port = Record<string, (...args: unknown[]) => Promise<unknown>>;

describe('ports of previews', () => {
  it('let nothing through that is not known to read, also of ports that nobody thought of', async () => {
    let calls: string[] = [];
    const port = (name: string, ...methods: string[]): Port =>
      Object.fromEntries(methods.map((method) => [method, async () => void calls.push(`${name}.${method}`)]));
    const real = {
      ...somePorts({}),
      registries: port('registries', 'tags', 'putManifest', 'copyBlob', 'delete'),
      pullRequests: port('pullRequests', 'list', 'get', 'create', 'merge'),
      deployer: port('deployer', 'deploy'),
      setting: 7,
    } as unknown as StepPorts;
    const effects: PreviewEffect[] = [];
    const ports = harmlessPorts(real, { http: real.http }, (effect) => effects.push(effect)) as unknown as Record<string, Port>;
    const outcome = (name: string, method: string, ...args: unknown[]): Promise<unknown> =>
      ports[name]![method]!(...args).catch((error: Error) => error.name);
    expect(await outcome('registries', 'tags')).toBe(undefined);
    expect(await outcome('pullRequests', 'list')).toBe(undefined);
    expect(calls).toEqual(['registries.tags', 'pullRequests.list']);
    calls = [];
    const request = { sourceBranch: 'a', targetBranch: 'b', title: 't', description: 'd' };
    expect(await outcome('pullRequests', 'create', { url: 'https://x/y' }, request)).toBe('AnswerUnknown');
    expect(await outcome('pullRequests', 'merge', { url: 'https://x/y' }, 7)).toBe('AnswerUnknown');
    expect(await outcome('deployer', 'deploy')).toBe('AnswerUnknown');
    expect(await outcome('registries', 'delete')).toBe('AnswerUnknown');
    expect(await outcome('registries', 'copyBlob')).toBe('copied');
    expect(await outcome('registries', 'putManifest', { repository: 'x/y' }, 'v1', { content: Buffer.from('') })).toBe(
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    expect(calls).toEqual([]);
    expect((ports as { setting?: unknown }).setting).toBe(7);
    expect(effects).toEqual([
      { kind: 'pullRequest', repository: 'https://x/y', title: 't', body: 'd', source: 'a', target: 'b' },
      { kind: 'other', description: 'merge pull request 7 of https://x/y' },
      { kind: 'other', description: 'deploy of deployer' },
      { kind: 'other', description: 'delete of registries' },
      { kind: 'artifact', reference: 'x/y:v1' },
    ]);
  });
});
