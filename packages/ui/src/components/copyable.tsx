import { Icon } from './icon.tsx';
import { useCopy } from './use-copy.ts';

/** Machine text with a button that copies it. */
export function Copyable({ text, what, children }: { text: string; what: string; children?: React.ReactNode }): React.ReactNode {
  const { copied, copy } = useCopy();
  return (
    <span className="copyable">
      {children ?? <span className="mono">{text}</span>}
      <button
        type="button"
        className="icon-btn"
        aria-label={copied ? `${what} copied` : `Copy ${what}`}
        title={`Copy ${what}`}
        onClick={() => void copy(text)}
      >
        <Icon name={copied ? 'check' : 'copy'} />
      </button>
    </span>
  );
}
