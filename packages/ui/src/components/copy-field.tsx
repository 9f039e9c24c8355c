import { useEffect, useRef, useState } from 'react';
import { Icon } from './icon.tsx';

/** Text of machines to be taken along: selected as a whole, copied by a click. `hidden` shows it only when asked to. */
export function CopyField({ value, label, hidden = false }: { value: string; label: string; hidden?: boolean }): React.ReactNode {
  const [copied, setCopied] = useState(false);
  const [shown, setShown] = useState(!hidden);
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (): Promise<void> => {
    // Browsers have no clipboard on plain HTTP: then the text is selected, to be copied by hand.
    if (navigator.clipboard === undefined) {
      setShown(true);
      field.current?.select();
      return;
    }
    await navigator.clipboard.writeText(value);
    setCopied(true);
    timer.current = setTimeout(() => setCopied(false), 2000);
  };
  return (
    <span className="copy-field">
      <input
        ref={field}
        readOnly
        className="mono"
        type={shown ? 'text' : 'password'}
        aria-label={label}
        value={value}
        onFocus={({ target }) => target.select()}
      />
      {hidden ? (
        <button type="button" className="btn small ghost" aria-pressed={shown} onClick={() => setShown(!shown)}>
          {shown ? 'Hide' : 'Show'}
        </button>
      ) : null}
      <button type="button" className="btn small" onClick={() => void copy()}>
        <Icon name="copy" /> {copied ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}
