import { availabilityMessage, isFreightAvailable, type Freight, type Stage } from '@kargo/api';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { labelOf } from '../../pipeline/cells.ts';
import { useServices } from '../../services.ts';

interface Props {
  project: string;
  freight: Freight;
  stage: Stage | undefined;
  stageName: string;
  now: number;
  close: () => void;
}

/** Lets Freight into a stage by hand: says what that skips, then goes on to the promotion. */
export function ApproveDialog({ project, freight, stage, stageName, now, close }: Props): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  useEffect(() => dialog.current?.showModal(), []);
  const name = freight.metadata.name ?? '';
  const label = labelOf(freight);
  const answer = stage === undefined ? undefined : isFreightAvailable(stage, freight, now);
  const approve = (promote: boolean): void => {
    setBusy(true);
    setError(undefined);
    api.approve(project, name, stageName).then(
      () => (promote ? navigate(`/project/${project}/promote/freight/${name}/stage/${stageName}`) : close()),
      (cause: unknown) => {
        setError(cause instanceof Error ? cause.message : String(cause));
        setBusy(false);
      },
    );
  };
  return (
    <dialog
      ref={dialog}
      className="dialog small-dialog"
      aria-label={`Approve ${label} for ${stageName}`}
      onCancel={close}
      onClose={close}
    >
      <header>
        <h2>
          Approve {label} for {stageName}
        </h2>
      </header>
      <div className="dialog-text">
        {answer === undefined ? (
          <p className="bad">There is no stage {stageName}.</p>
        ) : answer.available ? (
          <p>It may go there already.</p>
        ) : (
          <p>
            It is kept out: {availabilityMessage(answer)}. An approval lets it in all the same: it{' '}
            <strong>skips verification and soak time</strong>, and is noted with your name.
          </p>
        )}
        {error === undefined ? null : (
          <p className="inline-error" role="alert">
            {error}
          </p>
        )}
      </div>
      <footer>
        <button type="button" className="btn" onClick={close}>
          Cancel
        </button>
        <span className="grow" />
        <button type="button" className="btn" disabled={busy || answer === undefined} onClick={() => approve(false)}>
          Approve only
        </button>
        <button type="button" className="btn primary" disabled={busy || answer === undefined} onClick={() => approve(true)}>
          Approve and promote…
        </button>
      </footer>
    </dialog>
  );
}
