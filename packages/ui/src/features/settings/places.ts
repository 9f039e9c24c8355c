export interface SettingsPlace {
  path: string;
  label: string;
}

/** Parts of the settings of a project, by their addresses. */
export const PROJECT_SETTINGS: readonly SettingsPlace[] = [
  { path: 'general', label: 'General' },
  { path: 'project-config', label: 'Policies' },
  { path: 'receivers', label: 'Webhook receivers' },
  { path: 'secrets', label: 'Credentials' },
  { path: 'config-maps', label: 'Config maps' },
  { path: 'analysis-templates', label: 'Analysis templates' },
  { path: 'promotion-tasks', label: 'Promotion tasks' },
  { path: 'access', label: 'Roles' },
  { path: 'tokens', label: 'API tokens' },
  { path: 'audit', label: 'Audit trail' },
];

/** Parts of the settings of everything. */
export const CLUSTER_SETTINGS: readonly SettingsPlace[] = [
  { path: 'cluster-config', label: 'Cluster config' },
  { path: 'receivers', label: 'Webhook receivers' },
  { path: 'shared-secrets', label: 'Shared credentials' },
  { path: 'system-secrets', label: 'System credentials' },
  { path: 'config-maps', label: 'Shared config maps' },
  { path: 'system-config-maps', label: 'System config maps' },
  { path: 'analysis-templates', label: 'Analysis templates' },
  { path: 'cluster-promotion-tasks', label: 'Promotion tasks' },
  { path: 'access', label: 'System roles' },
  { path: 'tokens', label: 'API tokens' },
  { path: 'audit', label: 'Audit trail' },
];
