/** Patterns of the v1alpha1 API (spec of names, durations, URLs). */
export const GROUP = 'kargo.akuity.io';
export const VERSION = 'v1alpha1';

export const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
export const VARIABLE_PATTERN = '^[a-zA-Z_]\\w*$';
export const DURATION_PATTERN = '^([0-9]+(\\.[0-9]+)?(s|m|h))+$';
export const DIGEST_PATTERN = '^[a-z0-9]+:[a-f0-9]+$';
export const TAG_PATTERN = '^[\\w.\\-\\_]+$';
export const GIT_URL_PATTERN =
  '(?:^(ssh|https?)://(?:([\\w-]+)(:(.+))?@)?([\\w-]+(?:\\.[\\w-]+)*)(?::(\\d{1,5}))?(/.*)$)|(?:^([\\w-]+)@([\\w+]+(?:\\.[\\w-]+)*):(/?.*))';
export const GIT_BRANCH_PATTERN = '^[a-zA-Z0-9]([a-zA-Z0-9._\\/-]*[a-zA-Z0-9_-])?$';
export const IMAGE_URL_PATTERN = '^(\\w+([\\.-]\\w+)*(:[\\d]+)?/)?(\\w+([\\.-]\\w+)*)(/\\w+([\\.-]\\w+)*)*$';
export const CHART_URL_PATTERN = '^(((https?)|(oci))://)([\\w\\d\\.\\-]+)(:[\\d]+)?(/.*)*$';
/** Aliases that the system gives to steps without one. */
export const RESERVED_ALIAS_PATTERN = '^(step|task)-\\d+$';
/** Stands between the alias of a task and those of its steps. */
export const TASK_ALIAS_SEPARATOR = '::';
