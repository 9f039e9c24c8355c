import { Promotion } from '@kargo/api';
import type { Workspaces } from '@kargo/integrations';
import type { Cache, Log } from '@kargo/kube';
import { isTerminalPhase } from '@kargo/promotion';

/** The id of a Promotion's workspace. */
export function workspaceId({ metadata }: Promotion): string {
  return `promotion-${metadata.uid}`;
}

/** UID of the Promotion that a workspace belongs to. */
export function promotionOf(id: string): string {
  return id.replace(/^promotion-/, '');
}

/** Removes the workspaces that an earlier process left behind of Promotions that have ended or are gone. Best effort. */
export async function removeOrphanedWorkspaces(workspaces: Workspaces, cache: Pick<Cache, 'list'>, log: Log): Promise<void> {
  try {
    const alive = new Set(cache.list(Promotion).flatMap((one) => (isTerminalPhase(one.status?.phase) ? [] : [workspaceId(one)])));
    for (const id of await workspaces.ids()) {
      if (!id.startsWith('promotion-') || alive.has(id)) continue;
      log.info({ workspace: id }, 'removing the workspace of a Promotion that has ended');
      await workspaces.remove(id);
    }
  } catch (error) {
    log.warn({ error }, 'could not remove all workspaces that an earlier process left behind');
  }
}
