import type { PromotionStatus } from '@kargo/api';
import type { Workspace, Workspaces } from '@kargo/integrations';
import { equal } from '@kargo/kube';

/** In the part of a workspace that no path of a user leads to. */
const FILE = 'progress.json';

/** How far a Promotion has come, as far as that shows in its workspace. */
interface Progress {
  currentStep?: number | undefined;
  steps?: unknown;
}

/**
 * Opens the workspace of a Promotion. One in which the Promotion has not come as far as its status says is as good as lost, and made
 * anew: another process, with a disk of its own, has gone on with the Promotion since.
 */
export async function openWorkspace(
  workspaces: Workspaces,
  id: string,
  status: PromotionStatus | undefined,
): Promise<{ workspace: Workspace; fresh: boolean }> {
  const opened = await workspaces.open(id);
  if (opened.fresh || (await isCurrent(opened.workspace, progressOf(status)))) return opened;
  await workspaces.remove(id);
  return { ...(await workspaces.open(id)), fresh: true };
}

/** Notes in the workspace, before a status is stored, what the status says. A process that dies in between finds both in order. */
export async function noteProgress(
  workspace: Workspace,
  before: PromotionStatus | undefined,
  next: PromotionStatus,
): Promise<void> {
  const [previous, following] = [progressOf(before), progressOf(next)];
  if (equal(previous, following) || (await isLegacy(workspace))) return;
  await workspace.private.writeFile(FILE, JSON.stringify([previous, following]));
}

async function isCurrent(workspace: Workspace, progress: Progress): Promise<boolean> {
  if (await isLegacy(workspace)) return true;
  if (!(await workspace.private.exists(FILE))) return progress.steps === undefined;
  const noted: unknown = JSON.parse(Buffer.from(await workspace.private.readFile(FILE)).toString());
  return Array.isArray(noted) && noted.some((each) => equal(each, progress));
}

/** Workspaces of earlier releases have no place for notes; only one process ever used them. */
async function isLegacy({ private: hidden }: Workspace): Promise<boolean> {
  return !(await hidden.exists('.'));
}

function progressOf(status: PromotionStatus | undefined): Progress {
  const steps = status?.stepExecutionMetadata ?? [];
  // As JSON, so that it compares to what comes from a file.
  const { currentStep } = status ?? {};
  return JSON.parse(JSON.stringify(steps.length === 0 ? {} : { currentStep, steps })) as Progress;
}
