import { describe, expect, it } from 'vitest';
import { loadSchemas } from '../../schemas/schemas.ts';
import { editYaml } from '../../manifest/edit.ts';
import { newStage, newWarehouse } from '../editor/templates.ts';
import { emptyGuide, keepGuide, missingIn, readGuide, type GuideState } from './guide-state.ts';

const schemas = await loadSchemas();
const named = (text: string, name: string): string => editYaml(text, ['metadata', 'name'], name);
const guide = (change: Partial<GuideState> = {}): GuideState => ({
  ...emptyGuide(),
  project: named(emptyGuide().project, 'shop'),
  ...change,
});
const warehouse = (name: string, repoURL: string): string =>
  editYaml(named(newWarehouse('shop'), name), ['spec', 'subscriptions', 0, 'image', 'repoURL'], repoURL);
const credential = { id: '1', name: 'git', type: 'git' as const, repoUrl: 'https://x', username: 'bot', password: 's3cret' };

describe('the guide to a new project', () => {
  it.each<{ name: string; step: Parameters<typeof missingIn>[0]; state: GuideState; want: string | undefined }>([
    { name: 'wants a name first', step: 'Project', state: emptyGuide(), want: 'The project needs a name.' },
    { name: 'needs nothing more than a name', step: 'Review', state: guide(), want: undefined },
    {
      name: 'wants credentials whole',
      step: 'Credentials',
      state: guide({ credentials: [{ ...credential, password: '' }] }),
      want: 'The credentials git need a name, a repository, a user name and a password.',
    },
    {
      name: 'says what is wrong with a warehouse',
      step: 'Warehouses',
      state: guide({ warehouses: [{ id: '1', text: warehouse('web', '') }] }),
      want: 'Warehouse web: Must not be empty.',
    },
    {
      name: 'wants names to differ',
      step: 'Warehouses',
      state: guide({
        warehouses: [
          { id: '1', text: warehouse('web', 'a/b') },
          { id: '2', text: warehouse('web', 'a/c') },
        ],
      }),
      want: 'Two have the name web.',
    },
    {
      name: 'comes back to what was left open',
      step: 'Review',
      state: guide({ stages: [{ id: '1', text: newStage('shop', 'web') }] }),
      want: 'Stage without a name: Must not be empty.',
    },
  ])('$name', ({ step, state, want }) => expect(missingIn(step, state, schemas)).toBe(want));

  it('is kept in the browser without its secrets', () => {
    const items = new Map<string, string>();
    keepGuide({ setItem: (key, value) => void items.set(key, value) }, guide({ credentials: [credential] }));
    expect([...items.values()].join()).not.toContain('s3cret');
    expect(readGuide({ getItem: (key) => items.get(key) ?? null })?.credentials).toEqual([{ ...credential, password: '' }]);
  });
});
