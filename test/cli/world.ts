import { runCLI, type CLIIO } from '@kargo/cli';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPipeline, PASSWORD, type Harness } from '../server/harness.ts';

export interface Said {
  code: number;
  stdout: string;
  stderr: string;
}

/** A person at a command line, with a home folder, and the REST server they talk to over a socket. */
export interface World {
  harness: Harness;
  address: string;
  /** Runs a command line; standard input is empty. */
  kargo: (...argv: string[]) => Promise<Said>;
  /** Writes a file that commands can read. */
  file: (name: string, text: string) => void;
  close: () => Promise<void>;
}

/** A world in which the administrator is logged in and `demo` is the default project. */
export async function openWorld(): Promise<World> {
  const harness = await openPipeline();
  const address = await harness.server.listen({ host: '127.0.0.1', port: 0 });
  const home = mkdtempSync(join(tmpdir(), 'kargo-cli-test-'));
  const kargo = async (...argv: string[]): Promise<Said> => {
    const said = { stdout: '', stderr: '' };
    const write = (to: keyof typeof said) => ({
      write: (text: string) => {
        said[to] += text;
      },
    });
    const io: CLIIO = {
      stdout: write('stdout'),
      stderr: write('stderr'),
      stdin: (async function* () {})(),
      env: { HOME: home },
      cwd: home,
      fetch: async (url, { method, headers, body, signal }) =>
        fetch(url, { method, headers, ...(body === undefined ? {} : { body }), ...(signal === undefined ? {} : { signal }) }),
      now: () => harness.clock.now(),
      // Deadlines of tests are never reached, and nothing here is worth waiting for.
      sleep: (_, { signal } = {}) =>
        new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error))),
      isTTY: false,
      promptSecret: () => Promise.reject(new Error('there is nobody to ask')),
      openBrowser: () => Promise.reject(new Error('there is no browser here')),
      run: () => Promise.reject(new Error('nothing can be run here')),
    };
    return { code: await runCLI(argv, io), ...said };
  };
  const world: World = {
    harness,
    address,
    kargo,
    file: (name, text) => writeFileSync(join(home, name), text),
    close: async () => {
      await harness.server.close();
      rmSync(home, { recursive: true });
    },
  };
  await kargo('login', address, '--admin', '--password', PASSWORD);
  await kargo('config', 'set-project', 'demo');
  return world;
}
