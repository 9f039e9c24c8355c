/** The life of pull requests at every provider, by the steps that people use, over each provider's own API. */
import type { Promotion } from '@kargo/api';
import { FORGE_CASES, FORGE_TOKEN, openForge, type OpenForge } from '@kargo/integrations/testing';
import { simulatedWorld, type SimulatedWorld } from '@kargo/integrations/testing';
import { VirtualClock } from '@kargo/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { somePorts, stepContext } from '../../testing/run-fixture.ts';
import { StoredResources } from '../../testing/stored-resources.ts';
import type { Step, StepContext, StepResult } from '../../step.ts';
import { gitMergePR } from '../git-merge-pr/git-merge-pr.ts';
import { gitWaitForPR } from '../git-wait-for-pr/git-wait-for-pr.ts';
import { gitOpenPR, type GitOpenPRConfig } from './git-open-pr.ts';

let forge: OpenForge;
let world: SimulatedWorld;
let resources: StoredResources;
afterEach(() => forge.dispose());

/** A provider with the same branches as the simulated git server. */
async function open(given: (typeof FORGE_CASES)[number]): Promise<void> {
  forge = await openForge(given);
  world = simulatedWorld({ clock: new VirtualClock('2026-01-01T00:00:00Z') });
  resources = new StoredResources();
  const { url } = forge.repository;
  world.remotes.create(url, { 'README.md': 'hello\n' });
  forge.forge.branches.set('main', world.remotes.branches(url)['main']!);
  change('kargo/promotion/x', 'Change it');
}

function change(branch: string, message: string): void {
  const { remotes } = world;
  const { url } = forge.repository;
  const { branches } = remotes.remote(url);
  if (!branches.has(branch)) branches.set(branch, branches.get('main')!);
  const head = remotes.commit(url, { branch, message, files: { [branch]: message } });
  forge.forge.branches.set(branch, head);
}

const promotion = (index: number) => ({
  name: `test.0000000000000000000000000${index}.a1b2c3d`,
  uid: `uid-${index}`,
  actor: '',
  rollback: false,
});

async function run<Config>(
  step: Step<Config>,
  config: Partial<Config>,
  more: Partial<StepContext<Config>> = {},
  way: 'run' | 'abandon' = 'run',
): Promise<StepResult> {
  const { workspace } = await world.workspaces.open('one');
  const { url, provider, credentials } = forge.repository;
  const repository = { repoURL: url, ...(provider === undefined ? {} : { provider }) };
  const context = stepContext(workspace, { ...repository, ...config } as Config, more);
  const ports = somePorts({
    git: world.git,
    pullRequests: forge.pullRequests,
    client: resources.client,
    credentials: { find: async () => ({ ...credentials, password: FORGE_TOKEN }) as never },
  });
  if (way === 'run') return step.run(context, ports);
  await step.abandon?.(context, ports, 'Promotion was aborted.');
  return { status: 'Aborted' };
}

const config: Partial<GitOpenPRConfig> = { sourceBranch: 'kargo/promotion/x', targetBranch: 'main' };
const idOf = ({ output = {} }: StepResult): number => (output['pr'] as { id: number }).id;

describe.each(FORGE_CASES)('pull requests of promotions at $name', (given) => {
  it('are opened once, as drafts and with labels and reviewers, and say what changes and what stands behind it', async () => {
    await open(given);
    const asked = { ...config, draft: true, labels: [forge.label], reviewers: [forge.reviewer] };
    const number = idOf(await run(gitOpenPR, asked, { promotion: promotion(1) }));
    expect(idOf(await run(gitOpenPR, asked, { promotion: promotion(1) }))).toBe(number);
    expect(forge.forge.pulls).toHaveLength(1);
    const seen = forge.seen(number);
    expect(seen).toMatchObject({
      title: 'Change it',
      draft: true,
      labels: forge.hasLabels ? [forge.label] : [],
      reviewers: [forge.reviewer],
    });
    expect(seen.description).toContain('| image | example.com/app | – | v1.2.3 |');
    expect(seen.description).toContain('### Checks');
  });

  it('are brought up to date by a later promotion with the same branch', async () => {
    await open(given);
    const number = idOf(await run(gitOpenPR, config, { promotion: promotion(1) }));
    change('kargo/promotion/x', 'Change it again');
    expect(idOf(await run(gitOpenPR, { ...config, labels: [forge.label] }, { promotion: promotion(2) }))).toBe(number);
    const seen = forge.seen(number);
    expect([seen.title, seen.labels]).toEqual(['Change it again', forge.hasLabels ? [forge.label] : []]);
    expect(seen.description).toContain(promotion(2).name);
  });

  it('are closed, with the reason, when another one supersedes them and when the promotion is aborted', async () => {
    await open(given);
    const first = await run(gitOpenPR, config, { promotion: promotion(1) });
    resources.put({
      apiVersion: 'kargo.akuity.io/v1alpha1',
      kind: 'Promotion',
      metadata: { namespace: 'demo', name: promotion(1).name, labels: { 'kargo.akuity.io/stage': 'test' } },
      spec: { stage: 'test', steps: [] },
      status: { state: { 'step-1': first.output } },
    } as unknown as Promotion);
    change('kargo/promotion/y', 'Another way');
    const other = { ...config, sourceBranch: 'kargo/promotion/y' };
    const second = await run(gitOpenPR, other, { promotion: promotion(2) });
    const stateOf = (result: StepResult): string | undefined => forge.forge.find(idOf(result))?.state;
    expect([stateOf(first), stateOf(second)]).toEqual(['closed', 'open']);
    expect(forge.seen(idOf(first)).comments.join()).toContain('Superseded by');
    const outputs = { 'step-1': second.output! };
    for (const _ of ['once', 'again after a crash']) await run(gitOpenPR, other, { promotion: promotion(2), outputs }, 'abandon');
    expect([stateOf(second), forge.seen(idOf(second)).comments]).toEqual(['closed', ['Promotion was aborted.']]);
    await expect(run(gitWaitForPR, { prNumber: idOf(second) })).rejects.toThrow('closed without being merged');
    await expect(run(gitMergePR, { prNumber: idOf(second) })).rejects.toThrow('closed without being merged');
  });

  it('are merged with the method that is asked for, once, and waited for meanwhile', async () => {
    await open(given);
    const method = given.methods.at(-1)!;
    const prNumber = idOf(await run(gitOpenPR, config, { promotion: promotion(1) }));
    expect((await run(gitWaitForPR, { prNumber })).status).toBe('Running');
    const merged = await run(gitMergePR, { prNumber, mergeMethod: method });
    expect(merged).toEqual({ status: 'Succeeded', output: { commit: forge.mergeCommit(prNumber) } });
    expect(await run(gitMergePR, { prNumber, mergeMethod: method })).toEqual(merged);
    expect(await run(gitWaitForPR, { prNumber })).toMatchObject({
      status: 'Succeeded',
      output: { commit: forge.mergeCommit(prNumber), pr: { merged: true, open: false } },
    });
    expect(forge.seen(prNumber).method).toBe(method);
    expect(idOf(await run(gitOpenPR, config, { promotion: promotion(1) }))).toBe(prNumber);
  });
});
