/** What two states of a `Chart.lock` have to say to each other. */
import type { ChartDependency } from '@kargo/integrations';

/** One line per dependency that has another version, is new, or is gone; in the order of the new file, what is gone last. */
export function lockChanges(before: readonly ChartDependency[], after: readonly ChartDependency[]): string[] {
  const old = new Map(before.map(({ name, version }) => [name, version]));
  const changes = after.flatMap(({ name, version }) => {
    const was = old.get(name);
    if (was === undefined) return [`- ${name}: ${version}`];
    return was === version ? [] : [`- ${name}: ${was} -> ${version}`];
  });
  const left = new Set(after.map(({ name }) => name));
  return [...changes, ...before.flatMap(({ name }) => (left.has(name) ? [] : [`- ${name}: removed`]))];
}

/** Whether two states lock the same: when they were made does not matter. */
export function isSameLock(before: readonly ChartDependency[], after: readonly ChartDependency[]): boolean {
  const facts = (list: readonly ChartDependency[]): string =>
    JSON.stringify(list.map(({ name, repository, version }) => [name, repository, version]));
  return facts(before) === facts(after);
}
