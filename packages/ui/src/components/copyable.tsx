import { useState } from 'react';
import { Icon } from './icon.tsx';

/** Machine text with a button that copies it. */
export function Copyable({ text, what, children }: { text: string; what: string; children?: React.ReactNode }): React.ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    void navigator.clipboard?.writeText(text).then(() => {
      setCopied(true);
      setTimeout(() => setCopied(false), 1500);
    });
  };
  return (
    <span className="copyable">
      {children ?? <span className="mono">{text}</span>}
      <button
        type="button"
        className="icon-btn"
        aria-label={copied ? `${what} copied` : `Copy ${what}`}
        title={`Copy ${what}`}
        onClick={copy}
      >
        <Icon name={copied ? 'check' : 'copy'} />
      </button>
    </span>
  );
}
