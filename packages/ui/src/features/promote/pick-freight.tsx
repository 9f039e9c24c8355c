import { availabilityMessage, isFreightAvailable, type Freight } from '@kargo/api';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate, useOutletContext, useParams, useSearchParams } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { Segmented } from '../../components/segmented.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { cellOf, currentOf, labelOf, subjectOf, versionOf } from '../../pipeline/cells.ts';
import { freightMatches, wordsOf } from '../../pipeline/filter.ts';
import { ageOf, newestAvailable } from '../../pipeline/freight-index.ts';
import { downstreamOf, originsOf } from '../../pipeline/ranks.ts';
import { useServices } from '../../services.ts';
import type { PipelineContext } from '../pipeline/pipeline.tsx';

const HEIGHT = 52;

/** Chooses what to promote to a stage, or to all stages behind it: every freight with whether it may go there, and the way if it may not. */
export function PickFreight(): React.ReactNode {
  const { stage: name = '' } = useParams();
  const { project, data, model, origin: shown } = useOutletContext<PipelineContext>();
  const navigate = useNavigate();
  const [query, setQuery] = useSearchParams();
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<Freight>();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const search = useRef<HTMLInputElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    search.current?.focus();
  }, []);
  const downstream = query.get('downstream') === '1';
  const stage = data.stages.get(name);
  const below = useMemo(() => downstreamOf([...data.stages.values()], name), [data.stages, name]);
  const origins = stage === undefined ? [] : originsOf(stage);
  const origin = origins.find((each) => each === query.get('of')) ?? origins.find((each) => each === shown) ?? origins[0] ?? '';
  const words = wordsOf(text);
  const all = model.freight.byOrigin.get(origin) ?? [];
  const freight = words.length === 0 ? all : all.filter((each) => freightMatches(each, words));
  const newest = stage === undefined ? undefined : newestAvailable(model.freight, stage, origin, model.now);
  const virtual = useVirtualizer({
    count: freight.length,
    getScrollElement: () => list.current,
    estimateSize: () => HEIGHT,
    overscan: 6,
  });
  const close = (): void => void navigate(-1);
  const to = (each: Freight): string => `/project/${project}/promote/freight/${each.metadata.name ?? ''}/stage/${name}`;
  const targets = downstream ? below.flatMap((each) => data.stages.get(each) ?? []) : stage === undefined ? [] : [stage];
  return (
    <dialog
      ref={dialog}
      className="dialog pick"
      aria-label={downstream ? `Choose freight to promote downstream of ${name}` : `Choose freight for ${name}`}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
    >
      <header>
        <h2>
          {downstream
            ? `What goes to ${below.length === 1 ? below[0] : `the ${below.length} stages behind ${name}`}?`
            : `What goes to ${name}?`}
        </h2>
        <span className="grow" />
        <button type="button" className="icon-btn" onClick={close} aria-label="Close">
          <Icon name="close" />
        </button>
      </header>
      <div className="pick-bar">
        <label className="search-field filter">
          <Icon name="search" />
          <input
            ref={search}
            type="search"
            aria-label="Find freight"
            placeholder="Alias, version, commit"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </label>
        {origins.length > 1 ? (
          <Segmented
            label="Freight of"
            chosen={origin}
            choose={(of) =>
              setQuery((before) => new URLSearchParams([...[...before].filter(([key]) => key !== 'of'), ['of', of]]), {
                replace: true,
              })
            }
            options={origins.map((each) => ({ value: each, label: each }))}
          />
        ) : null}
        <span className="muted small-text">{freight.length.toLocaleString()} freight</span>
      </div>
      {stage === undefined ? <p className="empty">{data.loaded ? `There is no stage ${name}.` : 'Loading'}</p> : null}
      <div className="pick-list" ref={list} tabIndex={0} role="list" aria-label="Freight">
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {stage === undefined
            ? null
            : virtual.getVirtualItems().map((item) => {
                const each = freight[item.index];
                if (each === undefined) return null;
                const label = labelOf(each);
                const closed = targets.flatMap((target) => {
                  const answer = isFreightAvailable(target, each, model.now);
                  return answer.available ? [] : [{ target, message: availabilityMessage(answer) }];
                });
                const cell = cellOf({
                  freight: each,
                  stage,
                  origin,
                  now: model.now,
                  place: model.freight.place,
                  promotions: model.promotions.of(name, each.metadata.name ?? ''),
                  newest,
                  stages: data.stages,
                });
                return (
                  <div
                    key={each.metadata.name}
                    role="listitem"
                    className="pick-row"
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <Time at={ageOf(each)} />
                    <span className="grow-text">
                      <strong title={label}>{label}</strong> <span className="ver">{versionOf(each)}</span>
                      <span className="subject one-line">{subjectOf(each)}</span>
                    </span>
                    <span className={`with-shape ${cell.tone}`} title={closed[0]?.message}>
                      <StatusShape look={cell} />
                      {downstream ? (closed.length === 0 ? 'May go' : `Not to ${closed.length} of ${targets.length}`) : cell.word}
                    </span>
                    {downstream ? (
                      <button
                        type="button"
                        className="btn small"
                        disabled={closed.length > 0 || targets.length === 0}
                        title={closed[0]?.message}
                        onClick={() => setChosen(each)}
                      >
                        Promote
                      </button>
                    ) : currentOf(stage, origin) === each.metadata.name ? (
                      <Link className="btn small" to={to(each)} replace>
                        Again
                      </Link>
                    ) : closed.length === 0 ? (
                      <Link
                        className={each === newest ? 'btn small primary' : 'btn small'}
                        to={to(each)}
                        replace
                        aria-label={`Promote ${label}`}
                      >
                        Promote
                      </Link>
                    ) : (
                      <Link
                        className="btn small"
                        to={`/project/${project}/freight/${each.metadata.name ?? ''}?approve=${encodeURIComponent(name)}`}
                        replace
                      >
                        Approve…
                      </Link>
                    )}
                  </div>
                );
              })}
        </div>
      </div>
      {freight.length === 0 ? <p className="empty">No freight{words.length > 0 ? ' has that' : ' yet'}.</p> : null}
      {chosen === undefined ? null : (
        <ConfirmDownstream project={project} stage={name} below={below} freight={chosen} cancel={() => setChosen(undefined)} />
      )}
    </dialog>
  );
}

function ConfirmDownstream({
  project,
  stage,
  below,
  freight,
  cancel,
}: {
  project: string;
  stage: string;
  below: readonly string[];
  freight: Freight;
  cancel: () => void;
}): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const label = labelOf(freight);
  return (
    <footer role="alertdialog" aria-label={`Promote ${label} downstream`}>
      <p className="grow-text">
        {label} goes to <strong>{below.slice(0, 8).join(', ')}</strong>
        {below.length > 8 ? ` and ${below.length - 8} more` : ''}, each in a promotion of its own.
        {error === undefined ? null : (
          <span className="bad block" role="alert">
            {error}
          </span>
        )}
      </p>
      <button type="button" className="btn" onClick={cancel}>
        Cancel
      </button>
      <button
        type="button"
        className="btn primary"
        disabled={busy}
        autoFocus
        onClick={() => {
          setBusy(true);
          setError(undefined);
          api.promoteDownstream(project, stage, freight.metadata.name ?? '').then(
            () => navigate(`/project/${project}`),
            (cause: unknown) => {
              setError(cause instanceof Error ? cause.message : String(cause));
              setBusy(false);
            },
          );
        }}
      >
        Promote to {below.length} {below.length === 1 ? 'stage' : 'stages'}
      </button>
    </footer>
  );
}
