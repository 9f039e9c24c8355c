import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CLIENT_VERSION } from '@kargo/cli';
import { ProcessError, type Processes } from '@kargo/integrations';
import type { Clock } from '@kargo/kube';
import type { ServerVersion } from '@kargo/server';

/** Written by `npm run package` beside what it bundles. */
export const BUILD_FILE = 'build-info.json';

/** What is not known of a program that came without its history. */
const UNKNOWN = { buildDate: '1970-01-01T00:00:00Z', gitCommit: 'unknown', gitTreeDirty: false };
const TIMEOUT = 5000;
/** How long what could not be found out is not looked up again, in milliseconds: whoever asks often must not start git as often. */
const PAUSE = 60_000;

export interface BuildInfoDeps {
  processes: Processes;
  clock: Clock;
  env: Environment;
}

/**
 * Which program this is: what was written down when it was packaged, or, in a checkout, what git says of it. Looked up when somebody
 * asks, until it is found out. What there is nothing to find out about is `unknown`, and so is, for the next minute, what could not be
 * found out for a moment.
 */
export function buildInfo(directory: string, { processes, clock, env }: BuildInfoDeps): () => Promise<ServerVersion> {
  let known: Promise<ServerVersion> | undefined;
  let knownUntil = Infinity;
  return () => {
    if (clock.now() >= knownUntil) {
      known = undefined;
      knownUntil = Infinity;
    }
    return (known ??= lookUp(directory, processes, env)
      .catch(() => {
        knownUntil = clock.now() + PAUSE;
        return UNKNOWN;
      })
      .then((found) => ({ version: CLIENT_VERSION, ...found })));
  };
}

type Environment = Readonly<Record<string, string | undefined>>;
type Build = Omit<ServerVersion, 'version'>;

async function lookUp(directory: string, processes: Processes, env: Environment): Promise<Build> {
  for (let at = directory; dirname(at) !== at; at = dirname(at)) {
    if (existsSync(join(at, BUILD_FILE)))
      return { ...UNKNOWN, ...(JSON.parse(await readFile(join(at, BUILD_FILE), 'utf8')) as Build) };
    if (existsSync(join(at, '.git'))) return gitInfo(at, processes, env);
  }
  return UNKNOWN;
}

/** The commit that is checked out, its date, and whether something has been changed since. Fails where git did not get to say. */
export async function gitInfo(checkout: string, processes: Processes, { PATH = '' }: Environment): Promise<Build> {
  const git = async (...args: string[]): Promise<string | undefined> => {
    try {
      const outcome = await processes.run({ command: 'git', args, cwd: checkout, env: { PATH }, timeout: TIMEOUT });
      return outcome.exitCode === 0 ? outcome.stdout.trim() : undefined;
    } catch (error) {
      // Without git there is nothing to be found out, which is no failure.
      if (error instanceof ProcessError && !error.transient) return undefined;
      throw error;
    }
  };
  const [head, changes] = await Promise.all([git('log', '-1', '--format=%H %ct'), git('status', '--porcelain')]);
  const [gitCommit = '', seconds = ''] = head?.split(' ') ?? [];
  if (gitCommit === '') return UNKNOWN;
  const buildDate = new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
  return { buildDate, gitCommit, gitTreeDirty: changes !== '' };
}
