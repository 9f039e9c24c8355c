import { isTerminalPromotionPhase, type Promotion } from '@kargo/api';
import { Link, useParams, useSearchParams } from 'react-router';
import { ActionButton } from '../../components/action-button.tsx';
import { ArtifactChanges } from '../../components/artifact-changes.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Elapsed } from '../../components/elapsed.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import type { ProjectData } from '../../data/project-store.ts';
import { versionOf } from '../../pipeline/cells.ts';
import { lookOfPromotion } from '../../pipeline/state.ts';
import { mostTelling, stepsOf } from '../../pipeline/steps.ts';
import { ReadFailure } from '../../components/read-failure.tsx';
import { useLoaded, useProject, useServices } from '../../services.ts';
import { Screen } from '../shell/screen.tsx';
import { GateList } from '../stage-panel/gate-list.tsx';
import { StepDetail } from './step-detail.tsx';
import { StepList } from './step-list.tsx';

/** One promotion: what it does and waits for, its steps, and what the chosen one says. */
export function PromotionView(): React.ReactNode {
  const { project = '', promotion: name = '' } = useParams();
  const { api } = useServices();
  const data = useProject(project);
  const brief = data.promotions.get(name);
  // Lists do without what steps are told and put out.
  const {
    value: full,
    error,
    reload,
  } = useLoaded(
    () => (brief === undefined ? Promise.resolve(undefined) : api.promotion(project, name)),
    [api, project, name, brief?.metadata.resourceVersion],
  );
  const promotion = full?.metadata.name === name ? full : brief;
  return (
    <Screen project={project} title={name} data={data}>
      <main className="page run-page">
        <ReadFailure what="Its steps" error={error} again={reload} />
        {promotion !== undefined ? (
          <Run project={project} promotion={promotion} data={data} />
        ) : data.loaded ? (
          <p className="notice">
            There is no promotion {name} in {project}; old ones are deleted after a while.{' '}
            <Link to={`/project/${project}`}>Back to the pipeline</Link>
          </p>
        ) : (
          <p className="notice muted">Loading</p>
        )}
      </main>
    </Screen>
  );
}

function Run({ project, promotion, data }: { project: string; promotion: Promotion; data: ProjectData }): React.ReactNode {
  const { api } = useServices();
  const [query, setQuery] = useSearchParams();
  const name = promotion.metadata.name ?? '';
  const { spec, status } = promotion;
  const look = lookOfPromotion(promotion);
  const over = isTerminalPromotionPhase(status?.phase);
  const steps = stepsOf(promotion);
  const chosen = steps.find(({ alias }) => alias === query.get('step')) ?? mostTelling(steps);
  const freight = data.freight.get(spec.freight ?? '');
  const target = status?.freight ?? freight;
  const alias = freight?.alias ?? spec.freight?.slice(0, 7) ?? 'Freight';
  const origin = (status?.freight?.origin ?? freight?.origin)?.name ?? '';
  const {
    value: why,
    error,
    reload,
  } = useLoaded(() => api.explain(project, 'promotions', name), [api, project, name, promotion.metadata.resourceVersion]);
  const abort = (
    <ConfirmButton
      key="abort"
      question={`Abort the promotion of ${alias} to ${spec.stage}? What its steps have done already stays done.`}
      keep="Let it go on"
      run={() => api.abortPromotion(project, name)}
    >
      Abort
    </ConfirmButton>
  );
  const again = (
    <Link className="btn" to={`/project/${project}/promote/freight/${spec.freight ?? ''}/stage/${spec.stage}`}>
      Promote again
    </Link>
  );
  return (
    <>
      <header className="run-header">
        <StatusShape look={look} />
        <div>
          <h1>
            <Link to={`/project/${project}/freight/${spec.freight ?? ''}`}>{alias}</Link> to{' '}
            <Link to={`/project/${project}/stage/${spec.stage}`}>{spec.stage}</Link>{' '}
            <span className="mono">{freight === undefined ? '' : versionOf(freight)}</span>
          </h1>
          <p className="facts">
            <span className={look.tone} role="status">
              {look.word}
            </span>
            {status?.startedAt === undefined ? null : (
              <span>
                started <Time at={status.startedAt} />, {over ? 'took' : 'for'}{' '}
                <Elapsed from={status.startedAt} to={over ? (status.finishedAt ?? status.startedAt) : undefined} />
              </span>
            )}
            <span>by {promotion.metadata.annotations?.['kargo.akuity.io/create-actor'] ?? 'auto-promotion'}</span>
            <span className="mono">{name}</span>
          </p>
        </div>
        <span className="grow" />
        {over ? again : abort}
      </header>
      <ReadFailure what="Why it stands here" error={error} again={reload} />
      {why === undefined ? null : (
        <GateList
          project={project}
          explanation={status?.phase === 'Running' ? { ...why, gates: [] } : why}
          button={({ what }) => {
            if (what === 'abort the verification')
              return <ActionButton run={() => api.abortVerification(project, spec.stage)}>Abort verification</ActionButton>;
            // The header has these.
            return what === 'abort it' || what === 'promote the same Freight again' ? null : undefined;
          }}
        />
      )}
      <div className="run-grid">
        <div className="run-side">
          <section className="card-box" aria-labelledby="steps">
            <header>
              <h2 id="steps">Steps</h2>
              <span className="grow" />
              <span className="muted">
                {steps.filter(({ look: each }) => each.word === 'Succeeded' || each.word === 'Skipped').length} of {steps.length}{' '}
                done
              </span>
            </header>
            <StepList
              steps={steps}
              chosen={chosen?.alias}
              choose={(step) =>
                setQuery((before) => new URLSearchParams({ ...Object.fromEntries(before), step }), { replace: true })
              }
            />
          </section>
          {target === undefined ? null : (
            <section className="card-box" aria-labelledby="freight">
              <header>
                <h2 id="freight">Freight</h2>
              </header>
              <ArtifactChanges
                from={over ? undefined : data.stages.get(spec.stage)?.status?.freightHistory?.[0]?.items?.[`Warehouse/${origin}`]}
                to={target}
              />
            </section>
          )}
        </div>
        {chosen === undefined ? null : (
          <StepDetail
            key={chosen.alias}
            project={project}
            promotion={name}
            step={chosen}
            tab={query.get('tab')}
            chooseTab={(tab) =>
              setQuery((before) => new URLSearchParams({ ...Object.fromEntries(before), tab }), { replace: true })
            }
          />
        )}
      </div>
    </>
  );
}
