import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defineCommand } from './command.ts';
import { describeCommands } from './describe-commands.ts';
import { runFake } from './testing/run.ts';

describe('the command line', () => {
  it.each([[[]], [['--help']], [['-h']], [['help']]])('%j shows the commands', async (argv) => {
    const got = await runFake(argv);
    expect(got).toMatchObject({ code: 0, stderr: '' });
    for (const name of ['apply', 'approve', 'create', 'get', 'login', 'promote', 'verify', 'version'])
      expect(got.stdout).toContain(name);
    expect(got.stdout).toMatch(/^Usage: kargo /);
  });

  it.each([[['get']], [['get', '--help']], [['help', 'get']], [['verify']]])(
    '%j shows the help of the group and succeeds',
    async (argv) => {
      const got = await runFake(argv);
      expect(got).toMatchObject({ code: 0, stderr: '' });
      expect(got.stdout).toMatch(/^Usage: kargo (get|verify|config) /);
    },
  );

  it.each([
    [['get', 'frieght'], 'unknown command "frieght" for "kargo get" (did you mean "freight"?)'],
    [['config', 'nonsense'], 'unknown command "nonsense" for "kargo config"; see `kargo config --help`'],
  ])('%j shows the help of the group, says what is wrong, and succeeds as the reference does', async (argv, why) => {
    const got = await runFake(argv);
    expect(got.code).toBe(0);
    expect(got.stdout).toMatch(/^Usage: kargo (get|config) /);
    expect(got.stderr).toContain(why);
  });

  it.each([
    [['get', 'stages', '--help'], /^Usage: kargo get stages\|stage .*\[NAME\.\.\.\]/, /--project/],
    [['help', 'promote'], /^Usage: kargo promote /, /--downstream-from/],
    [['create', '--help'], /^Usage: kargo create /, /project/],
    [['delete', 'stage', '-h'], /^Usage: kargo delete stage/, /<NAME\.\.\.>/],
  ])('%j shows flags and arguments', async (argv, usage, flag) => {
    const got = await runFake(argv);
    expect(got).toMatchObject({ code: 0, stderr: '' });
    expect(got.stdout).toMatch(usage);
    expect(got.stdout).toMatch(flag);
  });

  it.each([
    [['nonsense'], /^Error: unknown command "nonsense" for "kargo"/],
    [['promotion'], /did you mean "promote"\?/],
    [['get', 'stages', '--nonsense'], /^Error: unknown option '--nonsense'/],
    [['get', 'stages', '-p'], /^Error: option '-p, --project <project>' argument missing/],
    [['get', 'stages', '-p', 'demo', '-o', 'xml'], /^Error: unable to match a printer suitable for the output format "xml"/],
    [['get', 'stages', '-p', 'demo', '-o', 'jsonpath'], /^Error: template format specified but no template given/],
    [['get', 'stages', '-p', 'demo', '-o', 'jsonpath={.a'], /^Error: error parsing jsonpath \{\.a, unclosed action/],
    [['get', 'stages'], /^Error: project is required/],
  ])('%j fails in one line', async (argv, stderr) => {
    const got = await runFake(argv, { routes: { 'GET /v1beta1/projects/demo/stages': { json: { items: [] } } } });
    expect(got).toMatchObject({ code: 1, stdout: '' });
    expect(got.stderr).toMatch(stderr);
    expect(got.stderr.split('\n')).toHaveLength(2);
  });

  it.each([[['verify', 'stage']], [['refresh', 'stage', 'a', 'b']]])('%j shows the usage before the error', async (argv) => {
    const got = await runFake([...argv, '-p', 'demo']);
    expect(got.code).toBe(1);
    expect(got.stderr).toMatch(/^Usage: kargo (verify|refresh) stage[\s\S]*\nError: /);
  });

  it('takes commands of others, which are loaded only when they are called', async () => {
    let loads = 0;
    const up = defineCommand<{ listen?: string }>({
      configure: (command) => command.option('--listen <address>', 'where to listen'),
      run: async ({ options, context }) => {
        context.io.stdout.write(`listening at ${options.listen}\n`);
        await Promise.resolve();
      },
    });
    const load = async (): Promise<typeof up> => {
      loads += 1;
      return Promise.resolve(up);
    };
    const commands = [{ name: 'up', summary: 'start everything', load }];
    const help = await runFake(['--help'], { commands });
    expect(help.stdout).toMatch(/up +.*start everything/);
    expect(loads).toBe(0);
    expect(await runFake(['up', '--listen', ':80'], { commands })).toMatchObject({ code: 0, stdout: 'listening at :80\n' });
  });

  it('says what it could not reach and why', async () => {
    const got = await runFake(['get', 'stages', '-p', 'demo']);
    expect(got).toMatchObject({
      code: 7,
      stderr: 'Error: cannot reach https://kargo.example.com: fetch failed: no route for GET /v1beta1/projects/demo/stages\n',
    });
  });

  it('encodes names in paths', async () => {
    const got = await runFake(['get', 'stage', 'a/../b', '-p', 'x y']);
    expect(got.requests[0]?.path).toBe('/v1beta1/projects/x%20y/stages/a%2F..%2Fb');
  });

  it('does not take an answer that is no JSON for one', async () => {
    const got = await runFake(['get', 'stages', '-p', 'demo'], {
      routes: { 'GET /v1beta1/projects/demo/stages': { text: '<html>' } },
    });
    expect(got.stderr).toBe("Error: the server's answer is not JSON; is https://kargo.example.com a Kargo API server?\n");
  });
});

describe('what is loaded', () => {
  it('is no library until a command needs it', () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });
    const sources = new Map(
      files
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .map((file) => [file, readFileSync(join(import.meta.dirname, file), 'utf8')]),
    );
    // What starts, and every command, with all they import at once; what they import when they run may need libraries.
    const starts = [...sources].filter(([file, text]) => file === 'index.ts' || text.includes('defineCommand'));
    const loaded = new Set(starts.map(([file]) => file));
    for (const file of loaded)
      for (const [, path = ''] of (sources.get(file) ?? '').matchAll(/^(?:import|export) (?!type\b)[^;]*from '(\.[^']+)'/gm))
        loaded.add(join(dirname(file), path));
    const eager = [...loaded].filter((file) =>
      /^import (?!type\b)[^;]*from '(?:commander|yaml|@kargo\/[a-z]+)'/m.test(sources.get(file) ?? ''),
    );
    expect(loaded.size).toBeGreaterThan(50);
    expect(eager).toEqual([]);
  });

  it('can be described as a whole', async () => {
    const all = await describeCommands();
    const names = all.map(({ name }) => name);
    expect(names[0]).toBe('kargo');
    expect(new Set(names).size).toBe(names.length);
    for (const name of [
      'kargo get stages',
      'kargo create project',
      'kargo verify stage',
      'kargo promote',
      'kargo config set-project',
    ])
      expect(names).toContain(name);
    for (const { name, help } of all) expect(help, name).toMatch(/^Usage: /);
  });
});
