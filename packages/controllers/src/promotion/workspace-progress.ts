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

/** An open workspace with the notes in it. */
export interface TrackedWorkspace {
  workspace: Workspace;
  fresh: boolean;
  /**
   * Has `write` store a status, after noting in the workspace what the status says. A process that dies in between, or may not write any
   * more, leaves a workspace that is good for the status before too, if it was.
   */
  store(next: PromotionStatus, write: () => Promise<void>): Promise<void>;
}

/**
 * Opens the workspace of a Promotion. One in which the Promotion has not come as far as its status says is as good as lost, and made
 * anew: another process, with a disk of its own, has gone on with the Promotion since.
 */
export async function openWorkspace(
  workspaces: Workspaces,
  id: string,
  status: PromotionStatus | undefined,
): Promise<TrackedWorkspace> {
  const stored = progressOf(status);
  let opened = await workspaces.open(id);
  if (!opened.fresh && !(await isCurrent(opened.workspace, stored))) {
    await workspaces.remove(id);
    opened = { ...(await workspaces.open(id)), fresh: true };
  }
  const { workspace, fresh } = opened;
  // What a workspace that is made anew holds is no progress that was ever stored, unless nothing had happened yet.
  let held: Progress | null = fresh && stored.steps !== undefined ? null : stored;
  const legacy = await isLegacy(workspace);
  return {
    workspace,
    fresh,
    store: async (next, write) => {
      const following = progressOf(next);
      if (!legacy && !equal(held, following)) await workspace.private.writeFile(FILE, JSON.stringify([held, following]));
      await write();
      held = following;
    },
  };
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
