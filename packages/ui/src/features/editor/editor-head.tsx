import { useEffect, useRef } from 'react';

interface Props {
  title: string;
  about?: string | undefined;
  action: string;
  busy: boolean;
  canSave: boolean;
  save: () => void;
  cancel: () => void;
  /** Why the server refused it. */
  refusal: string | undefined;
}

/** The head of a page that writes something: what it is, and the button that does it (Ctrl S, Ctrl Enter). */
export function EditorHead({
  title,
  about = 'Form and YAML edit the same document. Comments and order are kept.',
  action,
  busy,
  canSave,
  save,
  cancel,
  refusal,
}: Props): React.ReactNode {
  const latest = useRef({ save, canSave });
  latest.current = { save, canSave };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!(event.ctrlKey || event.metaKey) || (event.key !== 's' && event.key !== 'Enter')) return;
      event.preventDefault();
      if (latest.current.canSave) latest.current.save();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{title}</h1>
          <p className="muted small-text">{about}</p>
        </div>
        <span className="grow" />
        <button type="button" className="btn ghost" onClick={cancel}>
          Cancel
        </button>
        <button type="button" className="btn primary" disabled={busy || !canSave} aria-busy={busy} onClick={save}>
          {action} <kbd aria-hidden="true">Ctrl S</kbd>
        </button>
      </div>
      {refusal === undefined ? null : (
        <p className="notice-bar bad" role="alert">
          {refusal}
        </p>
      )}
    </>
  );
}
