/** Patterns of the v1alpha1 API (spec of names, durations, URLs). */
export const GROUP = 'kargo.akuity.io';
export const VERSION = 'v1alpha1';

export const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
export const VARIABLE_PATTERN = '^[a-zA-Z_]\\w*$';
export const DURATION_PATTERN = '^([0-9]+(\\.[0-9]+)?(s|m|h))+$';
