/** A simulated world with one repository and its pull requests: what tests of the steps about pull requests stand on. */
import { simulatedWorld, type SimulatedWorld } from '@kargo/integrations/testing';
import { VirtualClock } from '@kargo/kube';
import type { Step, StepContext, StepPorts, StepResult } from '../step.ts';
import { somePorts, stepContext } from './run-fixture.ts';
import { StoredResources } from './stored-resources.ts';
import { withDeclaredOutputs } from './declared-outputs.ts';

export const PULL_URL = 'https://github.example.com/team/demo.git';
export const PULL_SOURCE = 'kargo/promotion/x';

export class PullRequestFixture {
  readonly clock: VirtualClock = new VirtualClock('2026-01-01T00:00:00Z');
  readonly resources: StoredResources = new StoredResources();
  readonly world: SimulatedWorld = simulatedWorld({ clock: this.clock });

  constructor() {
    const { remotes } = this.world;
    remotes.create(PULL_URL, { 'README.md': 'hello\n' });
    remotes.remote(PULL_URL).branches.set(PULL_SOURCE, remotes.branches(PULL_URL)['main']!);
  }

  /** Adds a commit to the source branch. */
  change(message = 'Change it\n\n- one\n- two\n', files: Record<string, string> = { x: '1' }): string {
    return this.world.remotes.commit(PULL_URL, { branch: PULL_SOURCE, message, files });
  }

  /** Runs a step as the runner would. */
  async run<Config>(
    step: Step<Config>,
    config: Config,
    more: Partial<StepContext<Config>> = {},
    ports: Partial<StepPorts> = {},
  ): Promise<StepResult> {
    const { workspace } = await this.world.workspaces.open('one');
    const { git, pullRequests } = this.world;
    return withDeclaredOutputs(
      step,
      config,
      step.run(
        stepContext(workspace, config, more),
        somePorts({ clock: this.clock, git, pullRequests, client: this.resources.client, ...ports }),
      ),
    );
  }
}
