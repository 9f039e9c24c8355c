import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { ConfirmButton } from '../../components/confirm-button.tsx';

interface Props {
  title: string;
  about: React.ReactNode;
  action: string;
  /** Where to go when it is done, or given up. */
  back: string;
  /** Fails with what is wrong. May give what is shown instead of going back. */
  submit: () => Promise<unknown>;
  /** Deletes what the form is about; absent while there is nothing yet. */
  remove?: { question: string; keep: string; run: () => Promise<unknown> } | undefined;
  children: React.ReactNode;
}

/** A form that is sent as a whole. Refused, it stays as it is and says why. */
export function PlainForm({ title, about, action, back, submit, remove, children }: Props): React.ReactNode {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const send = (): void => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    submit()
      .then((stay) => (stay === 'stay' ? undefined : navigate(back)))
      .catch((cause: unknown) => setError(cause instanceof Error ? cause.message : String(cause)))
      .finally(() => setBusy(false));
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || event.key !== 's') return;
      event.preventDefault();
      send();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  });
  return (
    <form
      className="plain-form"
      aria-label={title}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <h1>{title}</h1>
      <p className="muted">{about}</p>
      <div className="box fields-box">
        {children}
        {remove === undefined ? null : (
          <div>
            <ConfirmButton
              question={remove.question}
              keep={remove.keep}
              run={async () => {
                await remove.run();
                await navigate(back);
              }}
            >
              Delete
            </ConfirmButton>
          </div>
        )}
      </div>
      {error === undefined ? null : (
        <p className="notice-bar bad" role="alert">
          {error}
        </p>
      )}
      <div className="actions">
        <button type="submit" className="btn primary" disabled={busy} aria-busy={busy}>
          {action}
        </button>
        <button type="button" className="btn ghost" onClick={() => void navigate(back)}>
          Cancel
        </button>
      </div>
    </form>
  );
}
