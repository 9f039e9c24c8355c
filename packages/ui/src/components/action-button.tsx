import { useState } from 'react';
import { useOnline } from './online.ts';

interface Props {
  children: React.ReactNode;
  /** Fails with an error whose message is shown beside the button. */
  run: () => Promise<unknown>;
  kind?: 'primary' | 'danger' | undefined;
  small?: boolean | undefined;
  disabled?: boolean | undefined;
  title?: string | undefined;
  /** The letter that does it. */
  shortcut?: string | undefined;
}

/** A button for something that the server does: busy meanwhile, and honest when it fails. */
export function ActionButton({ children, run, kind, small, disabled, title, shortcut }: Props): React.ReactNode {
  const online = useOnline();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const act = (): void => {
    setBusy(true);
    setError(undefined);
    run()
      .catch((cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)))
      .finally(() => setBusy(false));
  };
  return (
    <>
      <button
        type="button"
        className={`btn${kind === undefined ? '' : ` ${kind}`}${small === true ? ' small' : ''}`}
        disabled={busy || disabled === true || !online}
        data-shortcut={shortcut}
        aria-busy={busy}
        title={online ? title : 'Not while the server is away'}
        onClick={(event) => {
          event.stopPropagation();
          act();
        }}
      >
        {children}
      </button>
      {error === undefined ? null : (
        <span role="alert" className="bad small-text">
          {error}
        </span>
      )}
    </>
  );
}
