import { useState } from 'react';
import { Link, useOutletContext, useParams } from 'react-router';
import { ActionButton } from '../../components/action-button.tsx';
import { ConfirmDeletion } from '../../components/confirm-deletion.tsx';
import { Icon } from '../../components/icon.tsx';
import { MissingPanel, Panel } from '../../components/panel.tsx';
import { ReadFailure } from '../../components/read-failure.tsx';
import { RefreshButton } from '../../components/refresh-button.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { useQuery } from '../../components/use-query.ts';
import { downstreamOf } from '../../pipeline/ranks.ts';
import { isVerificationOver, lookOfStage } from '../../pipeline/state.ts';
import { useLoaded, useServices } from '../../services.ts';
import { useArgoLinks } from '../pipeline/argo-links.ts';
import type { PipelineContext } from '../pipeline/pipeline.tsx';
import { ModeChip } from '../pipeline/stage-card.tsx';
import { ActivityList } from './activity-list.tsx';
import { FreightHistory } from './freight-history.tsx';
import { GateList } from './gate-list.tsx';
import { LiveManifest } from './live-manifest.tsx';
import { Running } from './running.tsx';
import { VerificationList } from './verification-list.tsx';

const TABS = ['Activity', 'Verifications', 'Freight history', 'Manifest', 'Settings'] as const;
type Tab = (typeof TABS)[number];

/** A stage beside the board: actions upper right, why it stands where it does, and what happened. */
export function StagePanel(): React.ReactNode {
  const { stage: name = '' } = useParams();
  const { project, data, model } = useOutletContext<PipelineContext>();
  const { api } = useServices();
  const [query, setQuery] = useQuery();
  const [deleting, setDeleting] = useState(false);
  const stage = data.stages.get(name);
  const {
    value: why,
    error,
    reload,
  } = useLoaded(
    () => (stage === undefined ? Promise.resolve(undefined) : api.explain(project, 'stages', name)),
    [api, project, name, stage?.metadata.resourceVersion],
  );
  if (stage === undefined) return <MissingPanel project={project} kind="Stage" name={name} loaded={data.loaded} />;
  const tab: Tab = TABS.find((each) => each === query.get('tab')) ?? 'Activity';
  const look = lookOfStage(stage);
  const passes = stage.status?.phase === 'NotApplicable';
  const verification = stage.status?.freightHistory?.[0]?.verificationHistory?.[0];
  const checking = verification !== undefined && !isVerificationOver(verification.phase);
  const origins = stage.spec.requestedFreight;
  return (
    <Panel
      project={project}
      label={`Stage ${name}`}
      header={
        <div className="panel-title">
          <StatusShape look={look} />
          <h2 title={name}>{name}</h2>
          <span className={`phase ${look.tone}`}>{look.word}</span>
        </div>
      }
      actions={
        <>
          {passes ? null : (
            <Link className="btn primary" to={`/project/${project}/promote/stage/${name}`} data-shortcut="p">
              Promote
            </Link>
          )}
          {checking ? (
            <ActionButton run={() => api.abortVerification(project, name)}>Abort Verification</ActionButton>
          ) : (
            <ActionButton
              run={() => api.reverify(project, name)}
              disabled={verification === undefined}
              title={verification === undefined ? 'Nothing has been verified here yet' : undefined}
              shortcut="v"
            >
              Reverify
            </ActionButton>
          )}
          <RefreshButton object={stage} run={() => api.refreshStage(project, name)} label="Refresh" />
          <button
            type="button"
            className="btn danger square"
            onClick={() => setDeleting(true)}
            aria-label="Delete"
            title="Delete"
          >
            <Icon name="trash" />
          </button>
        </>
      }
    >
      <p className="facts">
        {origins.map(({ origin, sources }) => (
          <span key={origin.name}>
            {origin.name}{' '}
            {sources.direct === true
              ? 'directly'
              : `from ${(sources.stages ?? []).slice(0, 4).join(sources.availabilityStrategy === 'All' ? ' and ' : ' or ')}${(sources.stages?.length ?? 0) > 4 ? ` and ${(sources.stages?.length ?? 0) - 4} more` : ''}`}
            {sources.requiredSoakTime === undefined ? '' : ` after ${sources.requiredSoakTime} of soak`}
          </span>
        ))}
        {passes ? null : <ModeChip stage={stage} />}
        <Applications stage={stage} />
      </p>
      {deleting ? (
        <ConfirmDeletion project={project} name={name} keep={() => setDeleting(false)} run={() => api.deleteStage(project, name)}>
          {takersText(downstreamOf([...data.stages.values()], name))} What is deployed stays.
        </ConfirmDeletion>
      ) : null}
      <ReadFailure what="Why it stands here" error={error} again={reload} />
      {why === undefined ? null : (
        <GateList
          explanation={why}
          project={project}
          title={why.standing === 'settled' ? undefined : `Why ${name} does not move`}
          // The header verifies again.
          button={({ what }) => (what === 'verify the current Freight again' ? null : undefined)}
        />
      )}
      <Running project={project} stage={stage} model={model} />
      <Tabs
        label="About this stage"
        tabs={TABS}
        chosen={tab}
        choose={(each) => setQuery({ tab: each === 'Activity' ? undefined : each }, { replace: true })}
      >
        {tab === 'Activity' ? (
          <ActivityList project={project} stage={stage} model={model} />
        ) : tab === 'Verifications' ? (
          <VerificationList project={project} stage={stage} />
        ) : tab === 'Freight history' ? (
          <FreightHistory project={project} stage={stage} model={model} />
        ) : tab === 'Manifest' ? (
          <LiveManifest load={() => api.stage(project, name)} deps={[project, name, stage.metadata.resourceVersion]} />
        ) : (
          <div className="settings-tab">
            <p>The stage as a form and as YAML, with everything it takes and does.</p>
            <p className="actions">
              <Link className="btn" to={`/project/${project}/stage/${name}/edit`}>
                <Icon name="edit" /> Edit the stage
              </Link>
              <button type="button" className="btn danger" onClick={() => setDeleting(true)}>
                <Icon name="trash" /> Delete the stage
              </button>
            </p>
          </div>
        )}
      </Tabs>
    </Panel>
  );
}

function Applications({ stage }: { stage: Parameters<typeof useArgoLinks>[0] }): React.ReactNode {
  return useArgoLinks(stage).map(({ name, namespace, url }) =>
    url === undefined ? (
      <span key={`${namespace}/${name}`}>{name}</span>
    ) : (
      <a key={`${namespace}/${name}`} href={url} target="_blank" rel="noreferrer">
        {name} <Icon name="external" />
      </a>
    ),
  );
}

function takersText(dependents: readonly string[]): string {
  if (dependents.length === 0) return 'No other stage takes freight from it.';
  const rest = dependents.length > 6 ? ` and ${dependents.length - 6} more` : '';
  return `${dependents.slice(0, 6).join(', ')}${rest} ${dependents.length === 1 ? 'takes' : 'take'} freight from it and will get none.`;
}
