import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Processes, ProcessRequest } from './port.ts';
import { ProcessError } from './process-error.ts';
import { realProcesses } from './real-processes.ts';
import { redact, redactor } from './redaction.ts';

const script = (code: string, rest: Partial<ProcessRequest> = {}): ProcessRequest => ({
  command: process.execPath,
  args: ['-e', code],
  cwd: '/',
  env: {},
  timeout: 20_000,
  ...rest,
});

/** The process that starts programs: this one until there is a helper. */
async function starterOf(processes: Processes): Promise<number> {
  return Number((await processes.run(script('console.log(process.ppid)'))).stdout);
}

async function untilHelped(processes: Processes): Promise<number> {
  for (;;) {
    const starter = await starterOf(processes);
    if (starter !== process.pid) return starter;
  }
}

describe.each([
  ['started by this process', false],
  ['started by a helper', true],
])('real processes, %s', (_, helper) => {
  const processes = realProcesses({ grace: 300, linger: 100, helper });
  const failure = async (request: ProcessRequest): Promise<ProcessError> => {
    const error: unknown = await processes.run(request).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ProcessError)) throw new Error(`expected a ProcessError, got ${String(error)}`);
    return error;
  };

  beforeAll(async () => {
    if (helper) await untilHelped(processes);
  });

  it('returns exit code and both streams, and inherits no environment', async () => {
    const result = await processes.run(
      script('console.log(JSON.stringify(process.env)); console.error("e"); process.exitCode = 3', { env: { A: '1' } }),
    );
    expect({ ...result, durationMs: 0 }).toEqual({
      exitCode: 3,
      stdout: '{"A":"1"}\n',
      stderr: 'e\n',
      truncated: false,
      durationMs: 0,
    });
  });

  it('passes arguments literally and input as given', async () => {
    const result = await processes.run({
      command: 'cat',
      args: ['-', '--', '/dev/null'],
      cwd: '/',
      env: { PATH: '/usr/bin:/bin' },
      input: '$(echo x) `y`',
      timeout: 5000,
    });
    expect(result.stdout).toBe('$(echo x) `y`');
  });

  it('survives a program that does not read its input', async () => {
    const result = await processes.run(script('process.exit(0)', { input: 'x'.repeat(1_000_000) }));
    expect(result.exitCode).toBe(0);
  });

  it('ends with this process, even when that is killed', async (context) => {
    if (!existsSync('/usr/bin/setpriv')) context.skip('setpriv is not installed');
    const program = `
      import { realProcesses } from ${JSON.stringify(join(import.meta.dirname, 'real-processes.ts'))};
      const args = ['-e', 'console.log(process.pid); setInterval(() => {}, 1000)'];
      const onOutput = (_, text) => process.stdout.write(text);
      const processes = realProcesses({ helper: ${helper} });
      const run = (args, onOutput) => processes.run({ command: process.execPath, args, cwd: '/', env: {}, timeout: 60_000, onOutput });
      while (${helper} && Number((await run(['-e', 'console.log(process.ppid)'])).stdout) === process.pid);
      await run(args, onOutput);
    `;
    const parent = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
  });

  it('passes on all of a large output', async () => {
    const result = await processes.run(script('process.stdout.write(Buffer.alloc(5_000_000, "x"))'));
    expect([result.stdout.length, result.truncated]).toEqual([5_000_000, false]);
  });

  it('says that it may be tried again where no more files can be opened, and lives on', async () => {
    const program = `
      import { openSync } from 'node:fs';
      import { realProcesses } from ${JSON.stringify(join(import.meta.dirname, 'real-processes.ts'))};
      const processes = realProcesses({ helper: ${helper} });
      const run = () => processes.run({ command: '/bin/true', args: [], cwd: '/', env: {}, timeout: 60_000 });
      const rest = [];
      try { for (;;) rest.push(openSync('/dev/null', 'r')); } catch {}
      const error = await run().catch((thrown) => thrown);
      process.exitCode = error?.code === 'unavailable' && error.transient ? 0 : 1;
    `;
    const args = ['-c', 'ulimit -n 64; exec "$@"', 'sh', process.execPath, '--input-type=module-typescript', '-e', program];
    expect(await once(spawn('/bin/sh', args, { stdio: 'inherit' }), 'exit')).toEqual([0, null]);
  });

  it('says so when the program does not exist', async () => {
    const error = await failure({ command: '/no/such/program', args: [], cwd: '/', env: {}, timeout: 1000 });
    expect([error.code, error.transient]).toEqual(['notStarted', false]);
    const plain = realProcesses({ setpriv: false });
    await expect(plain.run({ command: 'absent', args: [], cwd: '/', env: {}, timeout: 1000 })).rejects.toMatchObject({
      code: 'notStarted',
    });
    await expect(processes.run(script('', { cwd: '/no/such/folder' }))).rejects.toMatchObject({ code: 'notStarted' });
  });

  it('stops at the deadline, also when SIGTERM is ignored', async () => {
    const error = await failure(
      script('process.on("SIGTERM", () => console.error("ignoring")); setInterval(() => {}, 1000)', { timeout: 300 }),
    );
    expect([error.code, error.transient, error.stderr]).toEqual(['timeout', true, 'ignoring\n']);
  });

  it('stops when aborted, together with the children of the program', async () => {
    const abort = new AbortController();
    const child = 'setInterval(() => {}, 1000); console.log(process.pid)';
    let pid = 0;
    const run = failure(
      script(`require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" })`, {
        signal: abort.signal,
        onOutput: (_, text) => {
          pid = Number(text);
          abort.abort();
        },
      }),
    );
    expect((await run).code).toBe('aborted');
    await expect.poll(() => isAlive(pid), { timeout: 15_000 }).toBe(false);
  });

  it('does not start when aborted before', async () => {
    expect((await failure(script('', { signal: AbortSignal.abort() }))).code).toBe('aborted');
  });

  it('does not wait for background children that keep its output open', async () => {
    const result = await processes.run(
      script(
        'require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" }); process.exit(0)',
      ),
    );
    expect(result.exitCode).toBe(0);
  });

  it('keeps at most the allowed output and says so', async () => {
    const result = await processes.run(script('process.stdout.write("ä".repeat(100))', { maxOutput: 11 }));
    expect([result.stdout, result.truncated]).toEqual(['äääää', true]);
  });

  it('hides secrets in stderr and in what is shown, even across pieces', async () => {
    const shown: string[] = [];
    const result = await processes.run(
      script(
        'const w = (s) => new Promise((r) => process.stderr.write(s, () => setTimeout(r, 30))); (async () => { await w("a hunt"); await w("er2 b"); })()',
        { secrets: ['hunter2'], onOutput: (stream, text) => shown.push(`${stream}:${text}`) },
      ),
    );
    expect(result.stderr).toBe('a ***** b');
    expect(shown.join('|').replaceAll('|stderr:', '')).toBe('stderr:a ***** b');
  });
});

describe('the helper', () => {
  it('takes what it has started along when it ends, and is replaced', async () => {
    const processes = realProcesses({ helper: true });
    const first = await untilHelped(processes);
    let pid = 0;
    const run = processes.run(
      script('console.log(process.pid); setInterval(() => {}, 1000)', { onOutput: (_, text) => (pid = Number(text)) }),
    );
    await expect.poll(() => pid, { timeout: 20_000 }).not.toBe(0);
    process.kill(first, 'SIGKILL');
    await expect(run).rejects.toMatchObject({ code: 'unavailable', transient: true });
    await expect.poll(() => isAlive(pid), { timeout: 20_000 }).toBe(false);
    expect(await untilHelped(processes)).not.toBe(first);
  });

  it('is killed and replaced when it hangs, and what it has started can be tried again', async () => {
    const processes = realProcesses({ helper: true, liveness: { ping: 50, patience: 4 } });
    const first = await untilHelped(processes);
    let pid = 0;
    const before = processes.run(
      script('console.log(process.pid); setInterval(() => {}, 1000)', { onOutput: (_, text) => (pid = Number(text)) }),
    );
    await expect.poll(() => pid, { timeout: 20_000 }).not.toBe(0);
    process.kill(first, 'SIGSTOP');
    const after = processes.run(script('console.log(1)'));
    for (const run of [before, after])
      await expect(run).rejects.toMatchObject({
        code: 'unavailable',
        transient: true,
        message: expect.stringContaining('no longer answered'),
      });
    await expect.poll(() => [isAlive(pid), isAlive(first)], { timeout: 20_000 }).toEqual([false, false]);
    expect((await processes.run(script('console.log(2)'))).stdout).toBe('2\n');
    expect(await untilHelped(processes)).not.toBe(first);
  });

  it('lives on while it answers, however long what it has started is silent', async () => {
    const processes = realProcesses({ helper: true, liveness: { ping: 20, patience: 40 } });
    const first = await untilHelped(processes);
    await processes.run(script('setTimeout(() => {}, 1000)'));
    expect(await starterOf(processes)).toBe(first);
  });

  it('does not keep a process from ending that has nothing else to do', async () => {
    const program = `
      import { realProcesses } from ${JSON.stringify(join(import.meta.dirname, 'real-processes.ts'))};
      const processes = realProcesses({ helper: true });
      const starter = async () => (await processes.run({ command: process.execPath, args: ['-e', 'console.log(process.ppid)'], cwd: '/', env: {}, timeout: 60_000 })).stdout;
      while (Number(await starter()) === process.pid);
    `;
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], { stdio: 'inherit' });
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('redaction', () => {
  it('never shows a secret, however the text is cut', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 3 }), fc.string(), fc.string(), fc.array(fc.nat(200)), (secret, before, after, cuts) => {
        fc.pre(!'*****'.includes(secret) && !`${before}*****${after}`.includes(secret));
        const text = `${before}${secret}${after}`;
        const whole = redactor([secret]);
        const positions = [...new Set(cuts.map((cut) => cut % (text.length + 1)))].sort((a, b) => a - b);
        let shown = '';
        let from = 0;
        for (const to of [...positions, text.length]) {
          shown += whole.push(text.slice(from, to));
          from = to;
        }
        shown += whole.end();
        expect(shown.includes(secret)).toBe(false);
        expect(redact(text, [secret]).includes(secret)).toBe(false);
      }),
    );
  });

  it.each([
    ['encoded in a URL', 'see p%40ss%2Fword', ['p@ss/word'], 'see *****'],
    ['in base64', `Authorization ${Buffer.from('p@ss/word').toString('base64')}`, ['p@ss/word'], 'Authorization *****'],
    ['as user information', 'to https://me:pass@host/x', [], 'to https://*****@host/x'],
    ['empty', 'text', [''], 'text'],
  ])('hides a secret %s', (_, text, secrets, want) => {
    expect(redact(text, secrets)).toBe(want);
  });
});

/** Ended processes may still have an entry until somebody collects their exit code. */
function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}
