import type { WayOut } from '../data/api.ts';
import { useCopy } from './use-copy.ts';

/** What a person can do about a wait and no button here does: as the command that does it, ready to be copied. */
export function WaysOut({ ways }: { ways: readonly WayOut[] }): React.ReactNode {
  if (ways.length === 0) return null;
  return (
    <ul className="ways-out" aria-label="Ways out">
      {ways.map(({ what, command, who }) => (
        <li key={command}>
          {what[0]?.toUpperCase()}
          {what.slice(1)}
          {who === undefined ? '' : ` (${who})`}: <code>{command}</code> <CopyCommand command={command} />
        </li>
      ))}
    </ul>
  );
}

function CopyCommand({ command }: { command: string }): React.ReactNode {
  const { copied, copy } = useCopy();
  return (
    <button type="button" className="btn small" onClick={() => void copy(command)}>
      {copied ? 'Copied' : 'Copy'}
    </button>
  );
}
