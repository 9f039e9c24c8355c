import { useRef, useState } from 'react';
import { useLocation, useOutletContext, useParams } from 'react-router';
import { ActionMenu } from '../../components/action-menu.tsx';
import { ArtifactList } from '../../components/artifact-list.tsx';
import { ConfirmDeletion } from '../../components/confirm-deletion.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { useCopy } from '../../components/use-copy.ts';
import { Icon } from '../../components/icon.tsx';
import { ManifestView } from '../../components/manifest-view.tsx';
import { MissingPanel, Panel } from '../../components/panel.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { Time } from '../../components/time.tsx';
import { useQuery } from '../../components/use-query.ts';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import { ageOf } from '../../pipeline/freight-index.ts';
import { inUse } from '../../pipeline/groups.ts';
import { useServices } from '../../services.ts';
import type { PipelineContext } from '../pipeline/pipeline.tsx';
import { AliasField } from './alias-field.tsx';
import { ApproveDialog } from './approve-dialog.tsx';
import { CompareView } from './compare-view.tsx';
import { WhereItMayGo } from './where-it-may-go.tsx';
import { VerifiedList } from './verified-list.tsx';

const TABS = ['Stages', 'Compare', 'Manifest'] as const;
type Tab = (typeof TABS)[number];

/** One Freight: what is in it, where it is verified, what keeps it from where it is not. */
export function FreightPanel(): React.ReactNode {
  const { freight: given = '' } = useParams();
  const { project, data, model } = useOutletContext<PipelineContext>();
  const { api } = useServices();
  const { copy } = useCopy();
  const location = useLocation();
  const [query, setQuery] = useQuery();
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const opener = useRef<HTMLDivElement>(null);
  const freight = data.freight.get(given) ?? [...data.freight.values()].find((each) => labelOf(each) === given);
  if (freight === undefined) return <MissingPanel project={project} kind="Freight" name={given} loaded={data.loaded} />;
  const name = freight.metadata.name ?? '';
  const label = labelOf(freight);
  const tab: Tab = TABS.find((each) => each === query.get('tab')) ?? 'Stages';
  const approving = query.get('approve');
  const set = (key: string, value: string | undefined): void => setQuery({ [key]: value }, { replace: true });
  return (
    <Panel
      project={project}
      label={`Freight ${label}`}
      header={
        <div ref={opener} className="panel-title">
          {editing ? (
            <AliasField project={project} freight={freight} done={() => setEditing(false)} />
          ) : (
            <>
              <h2 title={label}>{label}</h2>
              <button
                type="button"
                className="icon-btn"
                aria-label="Change the alias"
                title="Change the alias"
                onClick={() => setEditing(true)}
              >
                <Icon name="edit" />
              </button>
            </>
          )}
          <span className="ver">{versionOf(freight)}</span>
        </div>
      }
      actions={
        <ActionMenu
          label={`Actions of freight ${label}`}
          className="icon-btn"
          entries={[
            {
              kind: 'link',
              label: 'Clone into new freight…',
              icon: 'copy',
              to: `/project/${project}/warehouse/${freight.origin.name}/create-freight?clone-freight=${encodeURIComponent(label)}`,
            },
            {
              kind: 'action',
              label: 'Copy the address',
              icon: 'external',
              run: () => void copy(window.location.href),
            },
            { kind: 'line' },
            {
              kind: 'action',
              label: 'Delete…',
              icon: 'trash',
              danger: true,
              ...(inUse(freight) ? { disabled: 'A stage runs it' } : {}),
              run: () => setDeleting(true),
            },
          ]}
        >
          <Icon name="more" />
        </ActionMenu>
      }
    >
      {deleting ? (
        <ConfirmDeletion
          project={project}
          name={label}
          keep={() => setDeleting(false)}
          run={() => api.deleteFreight(project, name)}
        >
          No stage runs it. It may be found again, under another alias.
        </ConfirmDeletion>
      ) : null}
      <p className="facts">
        <span>
          found <Time at={ageOf(freight)} /> by {freight.origin.name}
        </span>
        <Copyable text={name} what="the name">
          <span className="mono">{name.slice(0, 12)}</span>
        </Copyable>
      </p>
      <ArtifactList freight={freight} />
      <Metadata metadata={freight.status?.metadata} />
      <Tabs
        label="About this freight"
        tabs={TABS}
        chosen={tab}
        choose={(each) => set('tab', each === 'Stages' ? undefined : each)}
      >
        {tab === 'Stages' ? (
          <>
            <VerifiedList project={project} freight={freight} />
            <WhereItMayGo project={project} freight={freight} model={model} approve={(stage) => set('approve', stage)} />
          </>
        ) : tab === 'Compare' ? (
          <CompareView
            freight={freight}
            model={model}
            other={query.get('with') ?? undefined}
            choose={(other) => set('with', other)}
          />
        ) : (
          <ManifestView object={freight} />
        )}
      </Tabs>
      {approving === null ? null : (
        <ApproveDialog
          key={`${location.key} ${approving}`}
          project={project}
          freight={freight}
          stage={data.stages.get(approving)}
          stageName={approving}
          now={model.now}
          close={() => set('approve', undefined)}
        />
      )}
    </Panel>
  );
}

/** What promotions noted on the freight. */
function Metadata({ metadata }: { metadata: Readonly<Record<string, unknown>> | undefined }): React.ReactNode {
  const entries = Object.entries(metadata ?? {});
  if (entries.length === 0) return null;
  return (
    <dl className="pairs">
      {entries.map(([key, value]) => (
        <div key={key}>
          <dt>{key}</dt>
          <dd className="mono">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
