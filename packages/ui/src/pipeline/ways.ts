/** What a way out is, of those that this dashboard has a button for. */
export type Way =
  | { kind: 'abort-promotion'; promotion: string }
  | { kind: 'promote' | 'approve'; freight: string; stage: string }
  | { kind: 'verify' | 'abort-verification'; stage: string }
  | { kind: 'refresh-stage'; stage: string }
  | { kind: 'refresh-warehouse'; warehouse: string }
  | { kind: 'credentials' }
  | { kind: 'assemble' };

/** Reads a way out, which servers name as commands. Undefined for commands that no button does. */
export function wayOf(command: string): Way | undefined {
  if (command.startsWith('kargo explain credentials ')) return { kind: 'credentials' };
  if (command === 'kargo create -f freight.yaml') return { kind: 'assemble' };
  const word = (flag: string): string | undefined => new RegExp(`--${flag} (\\S+)`).exec(command)?.[1];
  const after = (words: string): string | undefined =>
    command.startsWith(`${words} `) ? /^\S+/.exec(command.slice(words.length + 1))?.[0] : undefined;
  const [freight, stage, name] = [word('freight'), word('stage'), word('name')];
  if (command.startsWith('kargo promote ') && command.includes(' --abort'))
    return name === undefined ? undefined : { kind: 'abort-promotion', promotion: name };
  if (freight !== undefined && stage !== undefined) {
    if (command.startsWith('kargo promote ')) return { kind: 'promote', freight, stage };
    if (command.startsWith('kargo approve ')) return { kind: 'approve', freight, stage };
  }
  const verified = after('kargo verify stage');
  if (verified !== undefined) return { kind: command.includes(' --abort') ? 'abort-verification' : 'verify', stage: verified };
  const refreshed = after('kargo refresh stage');
  if (refreshed !== undefined) return { kind: 'refresh-stage', stage: refreshed };
  const warehouse = after('kargo refresh warehouse');
  return warehouse === undefined ? undefined : { kind: 'refresh-warehouse', warehouse };
}
