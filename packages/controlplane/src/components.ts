import { SYSTEM_ADMIN } from '@kargo/apiserver';
import type { UserInfo } from '@kargo/kube';

/**
 * Parts of the controllers that may run in processes of their own: `management` looks after Projects and old objects, `promotion` after
 * Warehouses, Stages and Promotions (of one shard), `analysis` after AnalysisRuns, `gitops-agent` after Applications.
 */
export const COMPONENTS = ['management', 'promotion', 'analysis', 'gitops-agent'] as const;
export type Component = (typeof COMPONENTS)[number];

/** Names of the ServiceAccounts of the components of an installation, in its namespace. Controllers of shards add `-SHARD`. */
export const ACCOUNTS = {
  controller: 'kargo-controller',
  agent: 'kargo-gitops-agent',
  server: 'kargo-api',
  webhooks: 'kargo-webhooks',
} as const;

/** The name under which a ServiceAccount makes requests. */
export function accountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The groups that a ServiceAccount of a namespace is in. */
export function accountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
}

/** Which users are parts of the installation in a namespace. */
export interface ControlPlaneUsers {
  /** Whether what a request says about who is behind it may be believed. */
  isControlPlane: (user: UserInfo) => boolean;
  /** Whether Jobs that the user marks are really run, where Kargo runs Jobs. */
  mayRunJobs: (user: UserInfo) => boolean;
}

/** Takes owners off objects that outlive them. */
const GARBAGE_COLLECTOR = 'system:serviceaccount:kube-system:generic-garbage-collector';

/** Tells parts of the installation in `namespace` from people. */
export function controlPlaneUsers(namespace: string): ControlPlaneUsers {
  const [controller, agent, server] = [ACCOUNTS.controller, ACCOUNTS.agent, ACCOUNTS.server].map((name) =>
    accountUser(namespace, name),
  );
  const isController = ({ username }: UserInfo): boolean =>
    username === SYSTEM_ADMIN.username || username === controller || username.startsWith(`${controller}-`);
  return {
    isControlPlane: (user) => isController(user) || user.username === server,
    mayRunJobs: (user) => isController(user) || user.username === agent || user.username === GARBAGE_COLLECTOR,
  };
}
