import { editYamlScalar, parseChartDependencies, type ChartDependency } from '@kargo/integrations';
import type { Step, StepContext } from '../../step.ts';
import { commitMessageOutput, list, object, text } from '../schema.ts';
import { readNote, writeNote } from '../step-state.ts';
import { declaredDependencies, getDependencies } from './dependencies.ts';
import { isSameLock, lockChanges } from './lock-changes.ts';

interface ChartUpdate {
  repository: string;
  name: string;
  version: string;
}

export interface HelmUpdateChartConfig {
  path: string;
  charts?: ChartUpdate[] | undefined;
}

/**
 * Sets versions of dependencies of a chart and updates its `charts/` and `Chart.lock`. Output, if the locked versions changed:
 * `commitMessage`.
 */
export const helmUpdateChart: Step<HelmUpdateChartConfig> = {
  name: 'helm-update-chart',
  outputs: commitMessageOutput,
  configSchema: object(
    {
      path: text('Folder of the chart.'),
      charts: list(
        object(
          {
            repository: text('Repository of the dependency, as `Chart.yaml` has it.'),
            name: text('Name of the dependency, as `Chart.yaml` has it.'),
            version: text('Version to set.'),
          },
          ['repository', 'name', 'version'],
        ),
        'Dependencies to change.',
        { minItems: 1 },
      ),
    },
    ['path'],
    { title: 'HelmUpdateChartConfig' },
  ),

  async run(context, ports) {
    const { config, workspace } = context;
    const lockFile = `${config.path}/Chart.lock`;
    await declaredDependencies(context, config.path);
    const before = await lockBefore(context, lockFile);
    if (config.charts !== undefined) await setVersions(context, config.charts);
    await getDependencies(config.path, 'update', context, ports);
    const [old, now] = [lockedBy(lockFile, before), lockedBy(lockFile, await textOf(context, lockFile))];
    // Helm writes when it did so, which is no change to anybody.
    if (before !== undefined && isSameLock(old, now)) await workspace.writeFile(lockFile, before);
    const changes = lockChanges(old, now);
    if (changes.length === 0) return { status: 'Succeeded' };
    const commitMessage = [`Updated chart dependencies for ${config.path}`, '', ...changes].join('\n');
    return { status: 'Succeeded', output: { commitMessage } };
  },
};

async function setVersions(
  { config, workspace }: StepContext<HelmUpdateChartConfig>,
  updates: readonly ChartUpdate[],
): Promise<void> {
  const file = `${config.path}/Chart.yaml`;
  const before = Buffer.from(await workspace.readFile(file)).toString();
  const dependencies = parseChartDependencies(file, before);
  let after = before;
  for (const { repository, name, version } of updates) {
    const index = dependencies.findIndex((dependency) => dependency.repository === repository && dependency.name === name);
    if (index < 0)
      throw new Error(
        `${file} has no dependency ${name} of the repository ${repository}; both must be written as they are there`,
      );
    if (dependencies[index]!.version !== version)
      after = editYamlScalar(after, ['dependencies', String(index), 'version'], version);
  }
  if (after !== before) await workspace.writeFile(file, after);
}

/** The lock file as it was before the first attempt of this step; absent if there was none. */
async function lockBefore(context: StepContext<HelmUpdateChartConfig>, lockFile: string): Promise<string | undefined> {
  const { workspace, alias } = context;
  const note = `charts/${encodeURIComponent(alias)}.json`;
  const noted = await readNote(workspace, note);
  if (noted !== undefined) return (JSON.parse(noted) as { lock?: string }).lock;
  const lock = await textOf(context, lockFile);
  await writeNote(workspace, note, JSON.stringify({ lock }));
  return lock;
}

function lockedBy(file: string, content: string | undefined): ChartDependency[] {
  return content === undefined ? [] : parseChartDependencies(file, content);
}

async function textOf({ workspace }: Pick<StepContext<unknown>, 'workspace'>, path: string): Promise<string | undefined> {
  return (await workspace.exists(path)) ? Buffer.from(await workspace.readFile(path)).toString() : undefined;
}
