/** Everything that servers offer as a way out, as a button of the dashboard. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { wayOf, type Way } from '../../packages/ui/src/pipeline/ways.ts';

const EXPLAIN = join(import.meta.dirname, '..', '..', 'packages', 'controllers', 'src', 'explain');

/** The commands in the sources of explanations, with what they fill in named after itself. */
const offered = new Set(
  readdirSync(EXPLAIN)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(EXPLAIN, file), 'utf8').matchAll(/command: `([^`]*)`/g)])
    .map(([, command = '']) => command.replaceAll(/\$\{[^}]*\}/g, 'x')),
);

const known: [string, Way][] = [
  ['kargo approve --project x --freight x --stage x', { kind: 'approve', freight: 'x', stage: 'x' }],
  ['kargo promote --project x --abort --name x', { kind: 'abort-promotion', promotion: 'x' }],
  ['kargo promote --project x --freight x --stage x', { kind: 'promote', freight: 'x', stage: 'x' }],
  ['kargo verify stage x --project x --abort', { kind: 'abort-verification', stage: 'x' }],
  ['kargo verify stage x --project x', { kind: 'verify', stage: 'x' }],
  ['kargo refresh stage x --project x', { kind: 'refresh-stage', stage: 'x' }],
  ['kargo create -f freight.yaml', { kind: 'assemble' }],
  ['kargo explain credentials x --type x --project x', { kind: 'credentials' }],
  ['kargo refresh warehouse x --project x', { kind: 'refresh-warehouse', warehouse: 'x' }],
];

describe('a way out', () => {
  it.each(known)('%s is a button', (command, way) => {
    expect(wayOf(command)).toEqual(way);
  });

  it('is one of those above in every explanation that a server can give', () => {
    expect([...offered].toSorted()).toEqual(known.map(([command]) => command).toSorted());
  });

  it('that no button does is shown as the command', () => {
    expect(['kargo delete stage x', 'kargo promote --project x --abort', 'rm -rf x'].map(wayOf)).toEqual(
      Array(3).fill(undefined),
    );
  });
});
