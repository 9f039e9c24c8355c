import { useEffect, useRef, useState } from 'react';
import { useNavigate, useOutletContext, useParams } from 'react-router';
import { ArtifactChanges } from '../../components/artifact-changes.tsx';
import { Time } from '../../components/time.tsx';
import { ApiFailure } from '../../data/api.ts';
import { versionOf } from '../../pipeline/cells.ts';
import { mindChangers } from '../../pipeline/mind-changers.ts';
import { useServices } from '../../services.ts';
import type { PipelineContext } from '../pipeline/pipeline.tsx';
import { PreviewChanges } from './preview-changes.tsx';
import { PreviewGates } from './preview-gates.tsx';
import { Rehearsal } from './rehearsal.tsx';
import { usePreview } from './use-preview.ts';

/** Shows exactly what a promotion would change, and promotes exactly that. */
export function PromoteDialog(): React.ReactNode {
  const { freight: name = '', stage = '' } = useParams();
  const { project, data, model } = useOutletContext<PipelineContext>();
  const { api } = useServices();
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  const [refusal, setRefusal] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { preview, error, loading, isStopped, since, again, stop } = usePreview(project, stage, name);
  useEffect(() => {
    dialog.current?.showModal();
    // Not on the first button, which would close it.
    dialog.current?.focus();
  }, []);

  const freight = data.freight.get(name);
  const alias = freight?.alias ?? name.slice(0, 7);
  const origin = `Warehouse/${freight?.origin.name ?? ''}`;
  const current = data.stages.get(stage)?.status?.freightHistory?.[0]?.items?.[origin];
  const replaced = current?.name === undefined ? undefined : (data.freight.get(current.name)?.alias ?? current.name.slice(0, 7));
  const without = error instanceof ApiFailure && error.status === 501;
  const blocking = preview?.gates.filter((gate) => gate.blocking) ?? [];
  const queues = blocking.length > 0 && blocking.every(({ code }) => code === 'PromotionRunning' || code === 'PromotionsQueued');
  const ready = !busy && !loading && (without || (preview !== undefined && (blocking.length === 0 || queues)));

  const target = data.stages.get(stage);
  const heads =
    freight === undefined || target === undefined
      ? []
      : mindChangers({
          stage: target,
          freight,
          index: model.freight,
          promotions: model.promotions.of(stage, name),
          now: model.now,
        });

  const close = (): void => void navigate(`/project/${project}`);
  const promote = (): void => {
    if (!ready) return;
    setBusy(true);
    setRefusal(undefined);
    // What waits for its turn cannot keep to a plan: what runs before it changes what it finds.
    const promoting = preview === undefined || queues ? api.promote(project, stage, name) : api.promotePlanned(preview);
    promoting
      .then(({ metadata }) => navigate(`/project/${project}/promotion/${metadata.name ?? ''}`, { replace: true }))
      .catch((cause: unknown) => {
        setRefusal(cause instanceof Error ? cause.message : String(cause));
        setBusy(false);
        // The button was disabled meanwhile and has lost the focus with that; without any, keys would go nowhere.
        dialog.current?.focus();
        if (cause instanceof ApiFailure && cause.status === 409) again();
      });
  };
  return (
    <dialog
      ref={dialog}
      tabIndex={-1}
      className="dialog promote"
      aria-label={`Promote ${alias} to ${stage}`}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onKeyDown={(event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && promote()}
    >
      <header>
        <h2>
          Promote {alias} to {stage}
        </h2>
        <span className="muted">{replaced === undefined || replaced === alias ? '' : `replaces ${replaced}`}</span>
        <span className="mono">{freight === undefined ? '' : versionOf(freight)}</span>
        <span className="grow" />
        <button type="button" className="btn ghost" onClick={close} aria-label="Close">
          ✕
        </button>
      </header>
      <div className="dialog-body">
        <div className="dialog-main">
          {heads.length === 0 ? null : (
            <ul className="heads" aria-label="Before you promote">
              {heads.map((head) => (
                <li key={head}>{head}</li>
              ))}
            </ul>
          )}
          {freight === undefined ? null : <ArtifactChanges from={current} to={freight} />}
          {loading ? <Rehearsal since={since} steps={target?.spec.promotionTemplate?.spec.steps} stop={stop} /> : null}
          {isStopped ? (
            <p className="notice" role="status">
              The rehearsal was stopped, so it is not known what would change.{' '}
              <button type="button" className="btn small" onClick={again}>
                Rehearse again
              </button>
            </p>
          ) : null}
          {error === undefined ? null : (
            <div className="inline-error" role="alert">
              <p>
                {without
                  ? `There is no preview: ${error.message}. What would change is not known before.`
                  : `The preview failed: ${error.message}`}
              </p>
              {without ? null : (
                <button type="button" className="btn" onClick={again}>
                  Try again
                </button>
              )}
            </div>
          )}
          {preview === undefined ? null : <PreviewChanges preview={preview} />}
        </div>
        {preview === undefined ? null : <PreviewGates preview={preview} />}
      </div>
      <footer>
        {refusal === undefined ? null : (
          <p className="bad refusal" role="alert">
            {refusal}
          </p>
        )}
        <span className="muted small-text">
          {preview === undefined ? (
            ''
          ) : blocking.length > 0 && !queues ? (
            <span className="wait">{blocking[0]?.message}</span>
          ) : queues ? (
            `${blocking[0]?.message ?? ''}. What it then changes may differ from what is shown.`
          ) : (
            <>
              Planned <Time at={preview.generatedAt} />. If anything it stands on moves first, nothing is written.
            </>
          )}
        </span>
        <span className="grow" />
        <button type="button" className="btn" onClick={close}>
          Cancel
        </button>
        <button
          type="button"
          className="btn primary"
          disabled={!ready}
          aria-busy={busy}
          aria-keyshortcuts="Control+Enter"
          onClick={promote}
        >
          {queues ? 'Queue' : preview?.outcome === 'Fails' ? 'Promote anyway' : 'Promote'}
        </button>
      </footer>
    </dialog>
  );
}
