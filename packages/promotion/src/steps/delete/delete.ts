import { compileGlob, ParseError, type Glob } from '@kargo/gocompat';
import type { Workspace } from '@kargo/integrations';
import { TerminalStepError, type Step, type StepContext } from '../../step.ts';
import { walk } from '../files/walk.ts';
import { flag, list, object, text } from '../schema.ts';

export interface DeleteConfig {
  path?: string | undefined;
  paths?: string[] | undefined;
  pathsAreGlobs?: boolean | undefined;
  strict?: boolean | undefined;
}

/**
 * Deletes files and folders, the latter with everything in them; of a symbolic link the link. Everything is looked up before anything is
 * deleted. With patterns, `.git` is only matched where a pattern names it.
 */
export const deleteFiles: Step<DeleteConfig> = {
  name: 'delete',
  configSchema: object(
    {
      path: text('File or folder to delete; with `pathsAreGlobs`, a pattern. Exclusive with `paths`.'),
      paths: list(text('A file, a folder or a pattern.'), 'Several of them. Exclusive with `path`.', { minItems: 1 }),
      pathsAreGlobs: flag('Read paths as patterns, with `*`, `?`, `[…]`, `{…,…}` and `**` for any number of folders.', {
        default: false,
      }),
      strict: flag('Fail if a path does not exist or a pattern matches nothing.', { default: false }),
    },
    [],
    { title: 'DeleteConfig', oneOf: [{ required: ['path'] }, { required: ['paths'] }] },
  ),

  async run(context) {
    const { config, workspace, signal } = context;
    const given = config.paths ?? [config.path ?? ''];
    const journal = await Journal.open(context);
    const doomed = new Set<string>();
    const missing: string[] = [];
    const found = config.pathsAreGlobs === true ? await matches(workspace, given, signal) : await literal(workspace, given);
    for (const [path, places] of found) {
      for (const place of places) doomed.add(place);
      if (places.length === 0 && !journal.has(path)) missing.push(path);
    }
    if (config.strict === true && missing.length > 0) {
      const what = config.pathsAreGlobs === true ? 'nothing matches' : 'there is no';
      throw new Error(`${missing.map((path) => `${what} "${path}"`).join('; ')}; nothing was deleted`);
    }
    if (config.strict === true) await journal.write(given);
    for (const place of doomed) {
      signal.throwIfAborted();
      await workspace.remove(place);
    }
    return { status: 'Succeeded' };
  },
};

type Places = [path: string, places: string[]][];

/** What lies at each path, if anything. */
async function literal(workspace: Workspace, paths: readonly string[]): Promise<Places> {
  const out: Places = [];
  for (const path of paths) {
    const trace = await workspace.trace(path, { keepLast: true });
    if (trace.escapes) throw new Error(`path "${path}" attempts to traverse outside the working directory; nothing was deleted`);
    if (trace.path === '')
      throw new TerminalStepError(`path "${path}" is the working directory itself; name what is in it`, { status: 'Failed' });
    out.push([path, (await workspace.stat(trace.path)) === undefined ? [] : [trace.path]]);
  }
  return out;
}

/** What each pattern matches. Of a folder that matches, what is in it is not named. */
async function matches(workspace: Workspace, patterns: readonly string[], signal: AbortSignal): Promise<Places> {
  const globs = patterns.map((pattern) => ({ pattern, glob: globOf(pattern), places: [] as string[] }));
  const named = patterns.some((pattern) => pattern.split('/').includes('.git'));
  const enter = ({ path }: { path: string }): boolean => named || path.split('/').at(-1) !== '.git';
  for await (const { path } of walk(workspace, '', enter, signal))
    for (const { glob, places } of globs)
      if (glob?.matches(path) === true && !places.some((place) => path.startsWith(`${place}/`))) places.push(path);
  return globs.map(({ pattern, places }) => [pattern, places]);
}

/** Undefined for patterns that can match nothing in the working directory. */
function globOf(pattern: string): Glob | undefined {
  const cleaned = pattern.replace(/^(?:\.\/+)+/, '').replace(/\/+$/, '');
  try {
    const glob = compileGlob(cleaned);
    return cleaned.split('/').includes('..') ? undefined : glob;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new TerminalStepError(`path is malformed: ${error.message}`, { cause: error });
  }
}

/** What a strict step was about to delete, so that it does not miss that when it was interrupted and runs again. */
class Journal {
  readonly #file: string;
  readonly #workspace: Workspace;
  readonly #known: ReadonlySet<string>;

  private constructor(workspace: Workspace, file: string, known: ReadonlySet<string>) {
    this.#workspace = workspace;
    this.#file = file;
    this.#known = known;
  }

  static async open({ workspace, alias, startedAt }: StepContext<DeleteConfig>): Promise<Journal> {
    const file = `deletions/${encodeURIComponent(alias)}.${startedAt}.json`;
    const known = (await workspace.private.exists(file))
      ? (JSON.parse(Buffer.from(await workspace.private.readFile(file)).toString()) as string[])
      : [];
    return new Journal(workspace, file, new Set(known));
  }

  has(path: string): boolean {
    return this.#known.has(path);
  }

  async write(paths: readonly string[]): Promise<void> {
    await this.#workspace.private.writeFile(this.#file, JSON.stringify(paths));
  }
}
