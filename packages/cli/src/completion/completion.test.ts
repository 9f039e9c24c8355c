import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { SWITCHES } from '../argv.ts';
import type { CommandEntry } from '../command.ts';
import { rootCommands } from '../registry.ts';
import { runFake } from '../testing/run.ts';

const PROJECT = '/v1beta1/projects/demo';
const named = (...names: string[]): { json: unknown } => ({ json: { items: names.map((name) => ({ metadata: { name } })) } });
const routes = {
  'GET /v1beta1/projects': named('demo', 'other'),
  [`GET ${PROJECT}/stages`]: named('test', 'prod'),
  [`GET ${PROJECT}/roles`]: { json: [{ metadata: { name: 'dev' } }] },
  [`GET ${PROJECT}/freight`]: {
    json: { groups: { '': { items: [{ metadata: { name: 'f1', labels: { 'kargo.akuity.io/alias': 'fat-fox' } } }] } } },
  },
};

async function candidates(...words: string[]): Promise<string[]> {
  const { stdout } = await runFake(['__complete', '--', ...words], { routes });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t')[0] ?? '');
}

describe('completion', () => {
  it.each([
    ['commands', ['pro'], ['promote']],
    ['what can be shown', ['get', 'st'], ['stages']],
    ['flags', ['promote', '--freight'], ['--freight', '--freight-alias']],
    ['names of projects', ['get', 'stages', '-p', ''], ['demo', 'other']],
    ['names of stages', ['get', 'stages', '-p', 'demo', 't'], ['test']],
    ['stages of a flag', ['promote', '--project=demo', '--stage', ''], ['test', 'prod']],
    ['aliases', ['promote', '-p', 'demo', '--freight-alias', 'fat'], ['fat-fox']],
    ['roles', ['grant', '-p', 'demo', '--role', ''], ['dev']],
    ['formats', ['get', 'stages', '-o', 'j'], ['json', 'jsonpath=', 'jsonpath-as-json=']],
    ['files', ['apply', '-f', ''], [':files']],
    ['nothing behind what is unknown', ['get', 'nonsense', ''], []],
    ['nothing where the API does not answer', ['get', 'warehouses', '-p', 'demo', ''], []],
  ])('offers %s', async (_, words, expected) => {
    expect(await candidates(...words)).toEqual(expected);
  });

  it('describes commands, and does not show itself', async () => {
    const { stdout } = await runFake(['__complete', '--', '']);
    expect(stdout).toContain('promote\tpromote Freight to a Stage, or abort a Promotion\n');
    expect(stdout).not.toContain('__complete');
    expect((await runFake(['--help'])).stdout).not.toContain('__complete');
  });

  it.each(['bash', 'zsh', 'fish', 'powershell'])('has a script for %s', async (shell) => {
    expect((await runFake(['completion', shell])).stdout).toContain('__complete');
  });

  it('says which shells there are', async () => {
    const got = await runFake(['completion', 'tcsh']);
    expect(got.stderr).toBe('Error: there is completion for bash, zsh, fish, powershell, not for "tcsh"\n');
  });
});

describe('flags before the name of a command', () => {
  it('are known to take no value where they do not', async () => {
    const missing: string[] = [];
    const walk = async ({ name, load }: CommandEntry, inGroup: boolean): Promise<void> => {
      const { configure, subcommands = [] } = await load();
      const command = new Command(name);
      configure?.(command);
      if (inGroup || subcommands.length > 0)
        for (const { required, optional, long } of command.options)
          if (!required && !optional && long !== undefined && !SWITCHES.has(long)) missing.push(`${name} ${long}`);
      for (const entry of subcommands) await walk(entry, true);
    };
    for (const entry of rootCommands) await walk(entry, false);
    expect(missing).toEqual([]);
  });
});
