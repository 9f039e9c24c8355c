import type { Subscription, Warehouse } from '@kargo/api';

/** A source of artifacts, for people. */
export interface Source {
  kind: 'image' | 'git' | 'chart' | 'artifact';
  /** What of the status belongs to it. */
  repository: string;
  name: string | undefined;
  /** What it takes of what is there, in short. */
  constraint: string;
  /** The whole, as it is written. */
  content: Readonly<Record<string, unknown>>;
}

export function subscriptionsOf({ spec }: Pick<Warehouse, 'spec'>): Source[] {
  return spec.subscriptions.map(sourceOf);
}

function sourceOf(subscription: Subscription): Source {
  const [type = '', value] = Object.entries(subscription).find(([key]) => key !== 'name') ?? [];
  const content = (typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}) as Record<string, unknown>;
  const name = typeof subscription['name'] === 'string' ? subscription['name'] : undefined;
  const kind = type === 'image' || type === 'git' || type === 'chart' ? type : 'artifact';
  const text = (key: string): string => (typeof content[key] === 'string' ? content[key] : '');
  const repository = [text('repoURL'), kind === 'chart' ? text('name') : ''].filter((part) => part !== '').join(' ');
  return { kind, name, content, repository: repository === '' ? (name ?? type) : repository, constraint: constraintOf(content) };
}

/** What decides which versions are taken. */
function constraintOf(content: Record<string, unknown>): string {
  for (const key of [
    'constraint',
    'semverConstraint',
    'branch',
    'allowTags',
    'allowTagsRegexes',
    'commitSelectionStrategy',
    'imageSelectionStrategy',
  ]) {
    const value = content[key];
    if (typeof value === 'string' && value !== '') return value;
    if (Array.isArray(value) && typeof value[0] === 'string') return value[0];
  }
  return '';
}
