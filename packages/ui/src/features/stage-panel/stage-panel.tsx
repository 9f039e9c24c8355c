import { useState } from 'react';
import { Link, useNavigate, useOutletContext, useParams } from 'react-router';
import { ActionButton } from '../../components/action-button.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { versionOf } from '../../pipeline/cells.ts';
import { isVerificationOver, lookOfPromotion, lookOfStage, lookOfVerification } from '../../pipeline/state.ts';
import { useLoaded, useServices } from '../../services.ts';
import type { PipelineContext } from '../pipeline/pipeline.tsx';
import { GateList } from './gate-list.tsx';

const TABS = ['Activity', 'Verifications', 'Freight history', 'Manifest'] as const;
type Tab = (typeof TABS)[number];

/** A stage beside the board: actions upper right, why it stands where it does, and what happened. */
export function StagePanel(): React.ReactNode {
  const { stage: name = '' } = useParams();
  const { project, data } = useOutletContext<PipelineContext>();
  const { api } = useServices();
  const navigate = useNavigate();
  const [tab, setTab] = useState<Tab>('Activity');
  const [deleting, setDeleting] = useState(false);
  const stage = data.stages.get(name);
  const { value: why } = useLoaded(
    () => api.explain(project, 'stages', name),
    [api, project, name, stage?.metadata.resourceVersion],
  );
  const close = (): void => void navigate(`/project/${project}`);
  if (stage === undefined) {
    return (
      <aside className="panel">
        <p className="notice">{data.loaded ? `There is no stage ${name}.` : 'Loading'}</p>
      </aside>
    );
  }
  const look = lookOfStage(stage);
  const current = stage.status?.freightHistory?.[0];
  const verification = current?.verificationHistory?.[0];
  const checking = verification !== undefined && !isVerificationOver(verification.phase);
  const promotions = [...data.promotions.values()]
    .filter(({ spec }) => spec.stage === name)
    .toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? 1 : -1));
  const dependents = [...data.stages.values()]
    .filter(({ spec }) => spec.requestedFreight.some(({ sources }) => (sources.stages ?? []).includes(name)))
    .map(({ metadata }) => metadata.name);
  return (
    <aside className="panel" aria-label={`Stage ${name}`} onKeyDown={(event) => event.key === 'Escape' && close()}>
      <header>
        <StatusShape look={look} />
        <h2>{name}</h2>
        <span className={`phase ${look.tone}`}>{look.word}</span>
        <span className="grow" />
        {checking ? (
          <ActionButton run={() => api.abortVerification(project, name)}>Abort Verification</ActionButton>
        ) : (
          <ActionButton
            run={() => api.reverify(project, name)}
            disabled={verification === undefined}
            title={verification === undefined ? 'Nothing has been verified here yet' : undefined}
          >
            Reverify
          </ActionButton>
        )}
        <ActionButton run={() => api.refreshStage(project, name)}>Refresh</ActionButton>
        <button type="button" className="btn danger" onClick={() => setDeleting(true)}>
          Delete
        </button>
        <button type="button" className="btn ghost" onClick={close} aria-label="Close">
          ✕
        </button>
      </header>
      {deleting ? (
        <div className="confirm" role="alertdialog" aria-label={`Delete ${name}`}>
          <p>
            Delete {name}?{' '}
            {dependents.length === 0
              ? 'No other stage takes freight from it.'
              : `${dependents.join(', ')} ${dependents.length === 1 ? 'takes' : 'take'} freight from it and will get none.`}{' '}
            What is deployed stays.
          </p>
          <ActionButton
            kind="danger"
            run={async () => {
              await api.deleteStage(project, name);
              close();
            }}
          >
            Delete {name}
          </ActionButton>
          <button type="button" className="btn" onClick={() => setDeleting(false)}>
            Keep it
          </button>
        </div>
      ) : null}
      {why === undefined ? null : (
        <GateList
          explanation={why}
          // The header verifies again.
          button={({ what }) => (what === 'verify the current Freight again' ? null : undefined)}
        />
      )}
      <div className="tabs" role="tablist">
        {TABS.map((each) => (
          <button key={each} type="button" role="tab" aria-selected={tab === each} onClick={() => setTab(each)}>
            {each}
          </button>
        ))}
      </div>
      <section role="tabpanel" aria-label={tab}>
        {tab === 'Activity' ? (
          promotions.length === 0 ? (
            <p className="muted">No promotions yet.</p>
          ) : (
            <ul className="list">
              {promotions.map((promotion) => {
                const state = lookOfPromotion(promotion);
                const freight = data.freight.get(promotion.spec.freight ?? '');
                return (
                  <li key={promotion.metadata.name}>
                    <StatusShape look={state} />
                    <span>
                      <Link to={`/project/${project}/promotion/${promotion.metadata.name ?? ''}`}>
                        <strong>{freight?.alias ?? promotion.spec.freight?.slice(0, 7)}</strong>
                      </Link>{' '}
                      <span className="mono">{freight === undefined ? '' : versionOf(freight)}</span>{' '}
                      <span className={state.tone}>{state.word}</span>
                      {promotion.status?.message === undefined ? null : (
                        <span className="subject">{promotion.status.message}</span>
                      )}
                    </span>
                    <span className="grow" />
                    {state.word === 'Promoting' || state.word === 'Pending' ? (
                      <ActionButton small run={() => api.abortPromotion(project, promotion.metadata.name ?? '')}>
                        Abort
                      </ActionButton>
                    ) : null}
                    <Time at={promotion.status?.finishedAt ?? promotion.metadata.creationTimestamp} />
                  </li>
                );
              })}
            </ul>
          )
        ) : tab === 'Verifications' ? (
          <ul className="list">
            {(stage.status?.freightHistory ?? []).flatMap((collection) =>
              (collection.verificationHistory ?? []).map((entry) => {
                const state = lookOfVerification(entry.phase);
                return (
                  <li key={`${collection.id} ${entry.id}`}>
                    <StatusShape look={state} />
                    <span>
                      <span className={state.tone}>{state.word}</span>{' '}
                      <Link className="mono" to={`/project/${project}/stage/${name}/verification/${entry.id ?? ''}`}>
                        {entry.analysisRun?.name ?? 'no analysis'}
                      </Link>
                      {entry.message === undefined ? null : <span className="subject">{entry.message}</span>}
                    </span>
                    <span className="grow" />
                    <Time at={entry.finishTime ?? entry.startTime} />
                  </li>
                );
              }),
            )}
          </ul>
        ) : tab === 'Freight history' ? (
          <ul className="list">
            {(stage.status?.freightHistory ?? []).map((collection, index) => (
              <li key={`${index} ${collection.id}`}>
                {Object.values(collection.items ?? {}).map((item) => (
                  <Link key={item.name} to={`/project/${project}/freight/${item.name}`}>
                    {data.freight.get(item.name ?? '')?.alias ?? item.name?.slice(0, 7)}{' '}
                    <span className="mono">{versionOf(item)}</span>
                  </Link>
                ))}
              </li>
            ))}
          </ul>
        ) : (
          <pre className="manifest">{JSON.stringify(stage, null, 2)}</pre>
        )}
      </section>
    </aside>
  );
}
