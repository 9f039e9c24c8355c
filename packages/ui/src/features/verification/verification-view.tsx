import type { FreightCollection, Stage, VerificationInfo } from '@kargo/api';
import { Link, useParams } from 'react-router';
import { ActionButton } from '../../components/action-button.tsx';
import { Elapsed } from '../../components/elapsed.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import type { ProjectData } from '../../data/project-store.ts';
import { isVerificationOver, lookOfVerification } from '../../pipeline/state.ts';
import { useProject, useServices } from '../../services.ts';
import { Screen } from '../shell/screen.tsx';
import { MetricSection } from './metric-section.tsx';
import { useAnalysisRun } from './use-analysis-run.ts';

interface Found {
  verification: VerificationInfo;
  collection: FreightCollection;
  /** Whether it is the one that counts: the newest of what the stage runs now. */
  isCurrent: boolean;
}

function find(stage: Stage, id: string): Found | undefined {
  for (const [age, collection] of (stage.status?.freightHistory ?? []).entries())
    for (const [index, verification] of (collection.verificationHistory ?? []).entries())
      if (verification.id === id) return { verification, collection, isCurrent: age === 0 && index === 0 };
  return undefined;
}

/** One verification: what was measured, what decides, and what its jobs printed. */
export function VerificationView(): React.ReactNode {
  const { project = '', stage: stageName = '', verification: id = '' } = useParams();
  const data = useProject(project);
  const stage = data.stages.get(stageName);
  const found = stage === undefined ? undefined : find(stage, id);
  return (
    <Screen project={project} title={`Verification in ${stageName}`} data={data}>
      <main className="page run-page">
        {stage !== undefined && found !== undefined ? (
          <Verification project={project} stage={stage} found={found} data={data} />
        ) : data.loaded ? (
          <p className="notice">
            Stage {stageName} does not remember a verification {id}; it keeps the last ten of each freight.{' '}
            <Link to={`/project/${project}/stage/${stageName}`}>Back to the stage</Link>
          </p>
        ) : (
          <p className="notice muted">Loading</p>
        )}
      </main>
    </Screen>
  );
}

interface Props {
  project: string;
  stage: Stage;
  found: Found;
  data: ProjectData;
}

function Verification({ project, stage, found, data }: Props): React.ReactNode {
  const { api } = useServices();
  const { verification, collection, isCurrent } = found;
  const name = stage.metadata.name ?? '';
  const runName = verification.analysisRun?.name;
  const { run, error } = useAnalysisRun(project, runName);
  const over = isVerificationOver(verification.phase);
  const look = lookOfVerification(verification.phase);
  const freight = Object.values(collection.items ?? {});
  const newest = stage.status?.freightHistory?.[0]?.verificationHistory?.[0];
  const consumers = [...data.stages.values()]
    .filter(({ spec }) => spec.requestedFreight.some(({ sources }) => (sources.stages ?? []).includes(name)))
    .map(({ metadata }) => metadata.name ?? '')
    .toSorted((a, b) => (a < b ? -1 : 1));
  return (
    <>
      <header className="run-header">
        <StatusShape look={look} />
        <div>
          <h1>
            {freight.map((item, index) => (
              <span key={item.name}>
                {index === 0 ? '' : ', '}
                <Link to={`/project/${project}/freight/${item.name}`}>
                  {data.freight.get(item.name ?? '')?.alias ?? item.name?.slice(0, 7)}
                </Link>
              </span>
            ))}{' '}
            in <Link to={`/project/${project}/stage/${name}`}>{name}</Link>
          </h1>
          <p className="facts">
            <span className={look.tone} role="status">
              {look.word}
            </span>
            <span>
              started <Time at={verification.startTime} />, {over ? 'took' : 'for'}{' '}
              <Elapsed
                from={verification.startTime}
                to={over ? (verification.finishTime ?? run?.status?.completedAt ?? verification.startTime) : undefined}
              />
            </span>
            {verification.actor === undefined ? null : <span>asked for by {verification.actor}</span>}
            {runName === undefined ? null : <span className="mono">{runName}</span>}
          </p>
        </div>
        <span className="grow" />
        <ActionButton
          run={() => api.reverify(project, name)}
          disabled={!isCurrent || !over}
          title={
            !over ? 'A verification is going on' : isCurrent ? undefined : 'Only what the stage runs now can be verified again'
          }
        >
          Reverify
        </ActionButton>
        {isCurrent && !over ? (
          <ActionButton kind="danger" run={() => api.abortVerification(project, name)}>
            Abort Verification
          </ActionButton>
        ) : null}
      </header>
      {verification.message === undefined || verification.message === '' ? null : (
        <p className={`message ${look.tone}`}>{verification.message}</p>
      )}
      {isCurrent || newest?.id === undefined ? null : (
        <p className="message">
          There is a newer verification of {name}:{' '}
          <Link to={`/project/${project}/stage/${name}/verification/${newest.id}`}>
            {lookOfVerification(newest.phase).word}, <Time at={newest.startTime} />
          </Link>
        </p>
      )}
      {error === undefined ? null : (
        <p className="inline-error" role="alert">
          The analysis run {run === undefined ? 'could not be read' : 'is not followed at the moment'}: {error.message}
        </p>
      )}
      {runName === undefined ? (
        <p className="notice muted">
          {over ? 'Nothing was measured: no analysis belongs to this verification.' : 'No analysis has begun yet.'}
        </p>
      ) : run === undefined ? (
        error === undefined ? (
          <p className="notice muted">Loading</p>
        ) : null
      ) : (
        <div className="metrics">
          {run.spec.metrics.map((metric) => (
            <MetricSection
              key={metric.name}
              project={project}
              run={runName}
              metric={metric}
              result={run.status?.metricResults?.find(({ name: each }) => each === metric.name)}
              dryRun={run.spec.dryRun?.some(({ metricName }) => metricName === metric.name || metricName === '*') === true}
            />
          ))}
        </div>
      )}
      {over ? null : (
        <section className="card-box" aria-labelledby="next">
          <header>
            <h2 id="next">What happens next</h2>
          </header>
          <p>
            If it passes, this freight is verified in {name}
            {consumers.length === 0 ? '.' : ` and on its way to ${consumers.join(', ')}.`}
          </p>
          <p>
            If it fails, {name} keeps running it{consumers.length === 0 ? '.' : `, and ${consumers.join(', ')} cannot take it.`}
          </p>
        </section>
      )}
    </>
  );
}
