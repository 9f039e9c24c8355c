import { useRef, useState } from 'react';
import { Icon } from './icon.tsx';
import { useCopy } from './use-copy.ts';

/** Text of machines to be taken along: selected as a whole, copied by a click. `hidden` shows it only when asked to. */
export function CopyField({ value, label, hidden = false }: { value: string; label: string; hidden?: boolean }): React.ReactNode {
  const { copied, copy } = useCopy();
  const [shown, setShown] = useState(!hidden);
  const field = useRef<HTMLInputElement>(null);
  const take = async (): Promise<void> => {
    if (await copy(value)) return;
    // To be copied by hand.
    setShown(true);
    field.current?.select();
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
      <button type="button" className="btn small" onClick={() => void take()}>
        <Icon name="copy" /> {copied ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}
