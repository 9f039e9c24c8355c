/** Both executors over real processes: the container engine is a program that imitates one. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { realProcesses } from '@kargo/integrations';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerExecutor } from './container-executor.ts';
import type { AttemptRequest, ContainerToRun, JobExecutor } from './executor.ts';
import { localProcessExecutor } from './local-process-executor.ts';
import { sandboxProblem } from './sandbox.ts';

const engine = join(import.meta.dirname, '..', 'testing', 'fixtures', 'docker');
const processes = realProcesses({ linger: 100 });
let directory: string;
let calls: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'executors-'));
  calls = join(directory, 'calls');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const walled = (await sandboxProblem(processes)) === undefined;
if (!walled) console.warn('the sandbox is not tested: bubblewrap does not work on this machine');

const executors: { name: string; make: () => JobExecutor }[] = [
  ...(walled
    ? [{ name: 'sandbox', make: () => localProcessExecutor({ processes, directory: join(directory, 'jobs'), sandbox: true }) }]
    : []),
  { name: 'local-process', make: () => localProcessExecutor({ processes, directory: join(directory, 'jobs') }) },
  { name: 'docker', make: () => containerExecutor({ processes, directory: join(directory, 'jobs'), engine }) },
];

const container = (script: string, rest: Partial<ContainerToRun> = {}): ContainerToRun => ({
  name: 'main',
  image: 'alpine',
  command: ['/bin/sh', '-c', script],
  args: [],
  env: {},
  mounts: [],
  ...rest,
});
const attempt = (containers: ContainerToRun[], rest: Partial<AttemptRequest> = {}): AttemptRequest => ({
  id: 'uid-1',
  initContainers: [],
  containers,
  volumes: [],
  timeout: 20_000,
  grace: 200,
  secrets: [],
  signal: new AbortController().signal,
  ...rest,
});

describe.each(executors.filter(({ name }) => name !== 'docker'))('limits of the $name executor', ({ make }) => {
  it.each<[string, { cpu?: string; memory?: string }, string, string]>([
    ['memory', { memory: '256Mi' }, 'ulimit -v', '262144'],
    ['processors', { cpu: '500m' }, 'nproc', '1'],
    ['neither, where none is asked for', {}, 'ulimit -v', 'unlimited'],
  ])('are those of the container: %s', async (_, limits, script, want) => {
    const said: string[] = [];
    const request = attempt([container(script, { limits })], { onOutput: (_from, text) => said.push(text.trim()) });
    expect(await make().run(request)).toEqual({ kind: 'succeeded' });
    expect(said).toEqual([want]);
  });

  it('end what wants more memory', async () => {
    const greedy = container('a=x; while true; do a="$a$a"; done', { limits: { memory: '64Mi' } });
    expect(await make().run(attempt([greedy]))).toMatchObject({ kind: 'failed', container: 'main' });
  });
});

it.skipIf(!walled)('a sandbox without network has none but its own', async () => {
  const said: string[] = [];
  const executor = localProcessExecutor({ processes, directory: join(directory, 'jobs'), sandbox: true, network: false });
  const request = attempt([container('grep -c : /proc/net/dev')], { onOutput: (_from, text) => said.push(text.trim()) });
  expect(await executor.run(request)).toEqual({ kind: 'succeeded' });
  expect(said).toEqual(['1']); // The loopback device.
  expect(executor.caveat).toContain('without network');
});

describe.each(executors)('the $name executor', ({ name, make }) => {
  it('[S24] runs a command with its environment, and passes on what it says without secrets', async () => {
    const said: string[] = [];
    const request = attempt(
      [container('echo "$GREETING $TOKEN"; echo oops >&2', { env: { GREETING: 'hello', TOKEN: 's3cr3t' } })],
      {
        secrets: ['s3cr3t'],
        onOutput: (from, text) => said.push(`${from}: ${text.trim()}`),
      },
    );
    expect(await make().run(request)).toEqual({ kind: 'succeeded' });
    expect(said.toSorted()).toEqual(['main: hello *****', 'main: oops']);
    expect(await readdir(join(directory, 'jobs'))).toEqual([]);
  });

  it('fails with the exit code and the last words', async () => {
    expect(await make().run(attempt([container('echo why >&2; exit 3')]))).toEqual({
      kind: 'failed',
      container: 'main',
      exitCode: 3,
      message: 'container "main" ended with exit code 3: why',
    });
  });

  it('runs init containers one after the other first', async () => {
    const said: string[] = [];
    const request = attempt([container('echo main')], {
      initContainers: [container('echo one', { name: 'one' }), container('echo two', { name: 'two' })],
      onOutput: (_from, text) => said.push(text.trim()),
    });
    expect(await make().run(request)).toEqual({ kind: 'succeeded' });
    expect(said).toEqual(['one', 'two', 'main']);
  });

  it('runs nothing after an init container has failed', async () => {
    const said: string[] = [];
    const request = attempt([container('echo main')], {
      initContainers: [container('exit 1', { name: 'one' })],
      onOutput: (_from, text) => said.push(text),
    });
    expect(await make().run(request)).toMatchObject({ kind: 'failed', container: 'one' });
    expect(said).toEqual([]);
  });

  it('stops the other containers when one fails', async () => {
    const request = attempt([container('sleep 30', { name: 'long' }), container('exit 7', { name: 'short' })]);
    expect(await make().run(request)).toMatchObject({ kind: 'failed', container: 'short', exitCode: 7 });
  });

  it('gives a command time to end itself, and then kills it', async () => {
    const abort = new AbortController();
    const said: string[] = [];
    const polite = container('trap "echo bye; exit 0" TERM; echo ready; while true; do sleep 0.05; done');
    const run = make().run(
      attempt([polite], {
        grace: 5_000,
        signal: abort.signal,
        onOutput: (_from, text) => {
          said.push(text.trim());
          if (text.includes('ready')) abort.abort();
        },
      }),
    );
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    // Some shells tell of the `sleep` that was ended with them.
    expect(said.filter((line) => line !== 'Terminated')).toEqual(['ready', 'bye']);
    await expect(make().run(attempt([container('trap "" TERM; sleep 30')], { timeout: 300 }))).rejects.toMatchObject({
      code: 'timeout',
    });
  });

  it.runIf(name === 'local-process')('shows volumes where command, arguments and environment name them', async () => {
    const said: string[] = [];
    const text = (content: string): Uint8Array => new TextEncoder().encode(content);
    const mounts = [
      { volume: 'config', path: '/etc/app', readOnly: true },
      { volume: 'config', path: '/etc/app/deep', subPath: 'sub', readOnly: true },
      { volume: 'scratch', path: '/scratch', readOnly: false },
    ];
    const request = attempt(
      [
        container('cat "$FILE" /etc/app/deep/b && ls /scratch && pwd', {
          mounts,
          env: { FILE: '/etc/app/a' },
          workingDir: '/scratch',
        }),
      ],
      {
        initContainers: [container('echo x > /scratch/left', { name: 'init', mounts })],
        volumes: [
          {
            name: 'config',
            files: [
              { path: 'a', content: text('A\n'), mode: 0o400 },
              { path: 'sub/b', content: text('B\n'), mode: 0o644 },
            ],
          },
          { name: 'scratch', files: [] },
        ],
        onOutput: (_from, output) => said.push(output),
      },
    );
    expect(await make().run(request)).toEqual({ kind: 'succeeded' });
    expect(said.join('').split('\n')).toEqual([
      'A',
      'B',
      'left',
      expect.stringMatching(/uid-1\/volumes\/scratch$/) as string,
      '',
    ]);
  });

  it.runIf(name === 'sandbox')('shows volumes where the container wants them, and nothing of the machine', async () => {
    const said: string[] = [];
    const secret = join(directory, 'secret');
    await writeFile(secret, 'of the control plane');
    const text = (content: string): Uint8Array => new TextEncoder().encode(content);
    const script = [
      'cat /etc/app/a',
      'pwd',
      `cat ${secret} 2>/dev/null || echo hidden`,
      'touch /usr/x 2>/dev/null || echo read-only',
      'touch /etc/app/b 2>/dev/null || echo read-only too',
      'touch /scratch/ok && echo written',
      'test $(ls -d /proc/[0-9]* | wc -l) -lt 10 && echo alone',
      'ls /root /home 2>/dev/null | head -1',
    ].join('; ');
    const mounts = [
      { volume: 'config', path: '/etc/app', readOnly: true },
      { volume: 'scratch', path: '/scratch', readOnly: false },
    ];
    const request = attempt([container(script, { mounts })], {
      volumes: [
        { name: 'config', files: [{ path: 'a', content: text('A\n'), mode: 0o400 }] },
        { name: 'scratch', files: [] },
      ],
      onOutput: (_from, output) => said.push(output),
    });
    expect(await make().run(request)).toEqual({ kind: 'succeeded' });
    expect(said.join('').trim().split('\n')).toEqual(['A', '/work', 'hidden', 'read-only', 'read-only too', 'written', 'alone']);
  });

  it.runIf(name === 'docker')('tells the engine everything, and secrets only by its environment', async () => {
    const main = container('true', {
      env: { KARGO_TEST_CALLS: calls, TOKEN: 's3cr3t' },
      args: ['x'],
      workingDir: '/w',
      user: '1000:1000',
      imagePullPolicy: 'Always',
      limits: { cpu: '500m', memory: '64Mi' },
      mounts: [{ volume: 'v', path: '/data', subPath: 'a', readOnly: true }],
    });
    const volumes = [{ name: 'v', files: [{ path: 'a', content: new Uint8Array(), mode: 0o644 }] }];
    await make().run(attempt([main], { volumes, secrets: ['s3cr3t'] }));
    const asked = (await readFile(calls, 'utf8')).split('\n').map((line) => line.replace(directory, 'DIR'));
    expect(asked).toEqual([
      'run',
      '--rm',
      '--name=kargo-uid-1-main',
      '--pull=always',
      '--env',
      'KARGO_TEST_CALLS',
      '--env',
      'TOKEN',
      '--volume=DIR/jobs/uid-1/volumes/v/a:/data:ro',
      '--workdir=/w',
      '--user=1000:1000',
      '--cpus=0.5',
      '--memory=67108864',
      '--entrypoint=/bin/sh',
      '--',
      'alpine',
      '-c',
      'true',
      'x',
      '',
    ]);
  });

  it.runIf(name === 'docker').each([
    ['missing:1', 'ErrImagePull', 'pull access denied'],
    ['not an image', 'InvalidImageName', 'invalid reference format'],
  ])('tells an image that cannot be had (%s) from a failure', async (image, reason, words) => {
    expect(await make().run(attempt([container('true', { image })]))).toMatchObject({
      kind: 'image',
      reason,
      message: expect.stringContaining(words) as string,
    });
  });

  it.runIf(name === 'local-process')('says that it does not look into images', async () => {
    expect(await make().run(attempt([container('', { command: [] })]))).toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('give it a command') as string,
    });
  });
});
