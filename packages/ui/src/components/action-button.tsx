import { useState } from 'react';

interface Props {
  children: React.ReactNode;
  /** Fails with an error whose message is shown beside the button. */
  run: () => Promise<unknown>;
  kind?: 'primary' | 'danger' | undefined;
  small?: boolean | undefined;
  disabled?: boolean | undefined;
  title?: string | undefined;
}

/** A button for something that the server does: busy meanwhile, and honest when it fails. */
export function ActionButton({ children, run, kind, small, disabled, title }: Props): React.ReactNode {
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
        disabled={busy || disabled === true}
        aria-busy={busy}
        title={title}
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
