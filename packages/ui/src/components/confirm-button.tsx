import { useEffect, useRef, useState } from 'react';
import { ActionButton } from './action-button.tsx';

interface Props {
  children: string;
  /** What it means, said before it is done. */
  question: string;
  /** Says no. */
  keep: string;
  run: () => Promise<unknown>;
}

/** A button for what cannot be undone: says what it means and asks once more. Escape says no. */
export function ConfirmButton({ children, question, keep, run }: Props): React.ReactNode {
  const [asking, setAsking] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (asking) no.current?.focus();
  }, [asking]);
  const close = (): void => {
    setAsking(false);
    opener.current?.focus();
  };
  return (
    <span className="asks">
      <button ref={opener} type="button" className="btn danger" aria-expanded={asking} onClick={() => setAsking(!asking)}>
        {children}
      </button>
      {asking ? (
        <div
          className="confirm floating"
          role="alertdialog"
          aria-label={question}
          onKeyDown={(event) => event.key === 'Escape' && close()}
        >
          <p>{question}</p>
          <ActionButton
            kind="danger"
            run={async () => {
              await run();
              setAsking(false);
            }}
          >
            {children} it
          </ActionButton>
          <button ref={no} type="button" className="btn" onClick={close}>
            {keep}
          </button>
        </div>
      ) : null}
    </span>
  );
}
