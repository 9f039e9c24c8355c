/** A workspace and what tests of file steps do with it. */
import { afterEach, beforeEach } from 'vitest';
import type { Workspace } from '@kargo/integrations';
import type { Step, StepContext, StepPorts, StepResult } from '../step.ts';
import { somePorts, stepContext, temporaryWorkspaces } from './run-fixture.ts';
import { withDeclaredOutputs } from './declared-outputs.ts';

export interface FilesFixture {
  workspace: Workspace;
  /** Writes files by path, with mode 0600. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  text(path: string): Promise<string>;
  /** Everything below a folder: the text of files, where links lead, `/` for folders with nothing in them. */
  tree(folder?: string): Promise<Record<string, string>>;
  run<Config>(
    step: Step<Config>,
    config: Config,
    more?: Partial<StepContext<Config>>,
    ports?: Partial<StepPorts>,
  ): Promise<StepResult>;
  /** What the step fails with: `terminal` or `transient`, the status it ends as, and the text. */
  failure<Config>(step: Step<Config>, config: Config): Promise<string>;
}

/** A new workspace for every test of the file it is called in. */
export function useFiles(): FilesFixture {
  let dispose: () => Promise<void>;
  const fixture: FilesFixture = {
    workspace: undefined as unknown as Workspace,
    async write(files) {
      for (const [path, content] of Object.entries(files)) await fixture.workspace.writeFile(path, content);
    },
    text: async (path) => Buffer.from(await fixture.workspace.readFile(path)).toString('utf8'),
    async tree(folder = '.') {
      const out: Record<string, string> = {};
      const visit = async (path: string): Promise<void> => {
        const entries = await fixture.workspace.list(path);
        const name = path === folder ? '' : `${path.slice(folder.length + 1)}/`;
        if (entries.length === 0 && name !== '') out[name] = '/';
        for (const entry of entries) {
          const at = `${path}/${entry.name}`;
          if (entry.type === 'directory') await visit(at);
          else if (entry.type === 'link') out[name + entry.name] = `-> ${(await fixture.workspace.stat(at))?.target ?? ''}`;
          else out[name + entry.name] = entry.type === 'file' ? await fixture.text(at) : entry.type;
        }
      };
      await visit(folder);
      return out;
    },
    run: (step, config, more = {}, ports = {}) =>
      withDeclaredOutputs(step, config, step.run(stepContext(fixture.workspace, config, more), somePorts(ports))),
    async failure(step, config) {
      try {
        await fixture.run(step, config);
        return 'succeeded';
      } catch (error) {
        const { name, status, message } = error as Error & { status?: string };
        return `${name === 'TerminalStepError' ? 'terminal' : 'transient'} ${status ?? 'Errored'}: ${message}`;
      }
    },
  };
  beforeEach(async () => {
    const temporary = await temporaryWorkspaces();
    ({ dispose } = temporary);
    ({ workspace: fixture.workspace } = await temporary.workspaces.open('one'));
  });
  afterEach(() => dispose());
  return fixture;
}
