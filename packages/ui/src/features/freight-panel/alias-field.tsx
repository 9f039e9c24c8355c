import type { Freight } from '@kargo/api';
import { useState } from 'react';
import { labelOf } from '../../pipeline/cells.ts';
import { useServices } from '../../services.ts';

/** Changes what people call Freight, in its place. A name that is taken is said here, and what was typed stays. */
export function AliasField({ project, freight, done }: { project: string; freight: Freight; done: () => void }): React.ReactNode {
  const { api } = useServices();
  const [alias, setAlias] = useState(labelOf(freight));
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    if (alias === labelOf(freight)) {
      done();
      return;
    }
    setBusy(true);
    setError(undefined);
    api.setAlias(project, freight.metadata.name ?? '', alias).then(done, (cause: unknown) => {
      setError(cause instanceof Error ? cause.message : String(cause));
      setBusy(false);
    });
  };
  return (
    <form className="alias-field" onSubmit={submit}>
      <input
        aria-label="Alias"
        value={alias}
        autoFocus
        maxLength={253}
        aria-invalid={error !== undefined}
        onChange={(event) => setAlias(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.preventDefault();
          event.stopPropagation();
          event.nativeEvent.stopImmediatePropagation();
          done();
        }}
      />
      <button type="submit" className="btn small primary" disabled={busy || alias.trim() === ''}>
        Save
      </button>
      <button type="button" className="btn small" onClick={done}>
        Cancel
      </button>
      {error === undefined ? null : (
        <p className="bad small-text" role="alert">
          {error}
        </p>
      )}
    </form>
  );
}
