/** A real git server with one repository, real git, and a workspace: what tests of the git steps stand on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from '@kargo/api';
import { realGit, realProcesses, realWorkspaces, type Git, type Workspace } from '@kargo/integrations';
import { startGitServer, type GitServer } from '@kargo/integrations/testing';
import { systemClock, VirtualClock } from '@kargo/kube';
import type { Step, StepContext, StepPorts, StepResult } from '../step.ts';
import { gitClone, type GitCloneConfig } from '../steps/git-clone/git-clone.ts';
import { somePorts, stepContext } from './run-fixture.ts';
import { withDeclaredOutputs } from './declared-outputs.ts';

export const REPOSITORY = 'demo';

export class GitFixture {
  readonly server: GitServer;
  readonly url: string;
  readonly git: Git;
  readonly workspace: Workspace;
  readonly clock: VirtualClock = new VirtualClock('2026-01-01T00:00:00Z');
  readonly #directory: string;

  private constructor(server: GitServer, url: string, git: Git, workspace: Workspace, directory: string) {
    this.server = server;
    this.url = url;
    this.git = git;
    this.workspace = workspace;
    this.#directory = directory;
  }

  static async open(files: Record<string, string> = { 'README.md': 'hello\n', '.gitignore': '*.log\n' }): Promise<GitFixture> {
    const directory = await mkdtemp(join(tmpdir(), 'git-steps-'));
    const server = await startGitServer();
    const url = await server.createRepository(REPOSITORY, files);
    const git = realGit({ processes: realProcesses(), clock: systemClock, directory: join(directory, 'mirrors') });
    const { workspace } = await realWorkspaces({ directory: join(directory, 'workspaces') }).open('one');
    return new GitFixture(server, url, git, workspace, directory);
  }

  async close(): Promise<void> {
    await this.server.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  ports(more: Partial<StepPorts> = {}): StepPorts {
    return somePorts({ git: this.git, clock: this.clock, ...more });
  }

  /** Runs a step as the runner would. */
  run<Config>(
    step: Step<Config>,
    config: Config,
    more: Partial<StepContext<Config>> = {},
    ports: Partial<StepPorts> = {},
  ): Promise<StepResult> {
    return withDeclaredOutputs(step, config, step.run(stepContext(this.workspace, config, more), this.ports(ports)));
  }

  /** Clones the repository; by default its branch `main` to `src`. */
  async clone(
    checkout: GitCloneConfig['checkout'] = [{ branch: 'main', path: 'src' }],
    more: Partial<GitCloneConfig> = {},
  ): Promise<Record<string, string>> {
    const result = await this.run(gitClone, { repoURL: this.url, checkout, ...more }, { alias: 'clone' });
    return result.output?.['commits'] as Record<string, string> & Json;
  }

  write(path: string, content: string): Promise<void> {
    return this.workspace.writeFile(path, content);
  }

  async names(path: string): Promise<string[]> {
    return (await this.workspace.list(path)).map(({ name }) => name).toSorted();
  }
}
