import { expect, it } from 'vitest';
import { configOf } from './controller.ts';

const given = { analysis: true, leaderElection: true };

it.each([
  ['nothing', {}, {}, 'kargo-system-resources'],
  ['the environment', {}, { SYSTEM_RESOURCES_NAMESPACE: 'b' }, 'b'],
  ['a flag before the environment', { systemNamespace: 'a' }, { SYSTEM_RESOURCES_NAMESPACE: 'b' }, 'a'],
])('controllers look for what belongs to the installation where %s says', (_what, flags, env, systemNamespace) => {
  expect(configOf({ ...given, ...flags }, env)).toMatchObject({ systemNamespace });
});
