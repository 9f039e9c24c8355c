import { useState } from 'react';
import { Link, useNavigate, useOutletContext, useParams } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { ConfirmDeletion } from '../../components/confirm-deletion.tsx';
import { Icon } from '../../components/icon.tsx';
import { MissingPanel, Panel } from '../../components/panel.tsx';
import { ReadFailure } from '../../components/read-failure.tsx';
import { RefreshButton } from '../../components/refresh-button.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { originsOf } from '../../pipeline/ranks.ts';
import { useLoaded, useServices } from '../../services.ts';
import type { PipelineContext } from '../pipeline/pipeline.tsx';
import { wayButton } from '../../components/way-button.tsx';
import { GateList } from '../stage-panel/gate-list.tsx';
import { LiveManifest } from '../stage-panel/live-manifest.tsx';
import { AssemblyForm } from './assembly-form.tsx';
import { SourceList } from './source-list.tsx';

const TABS = ['Subscriptions', 'Freight assembly', 'Manifest', 'Settings'] as const;
type Tab = (typeof TABS)[number];
/** What the tabs are called in addresses. */
const PATHS: Readonly<Record<Tab, string>> = {
  Subscriptions: 'subscriptions',
  'Freight assembly': 'create-freight',
  Manifest: 'live-manifest',
  Settings: 'settings',
};

/** A warehouse beside the board: what it looks at and found, freight by hand, and why none comes. */
export function WarehousePanel(): React.ReactNode {
  const { warehouse: name = '', tab: path } = useParams();
  const { project, data } = useOutletContext<PipelineContext>();
  const { api } = useServices();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const warehouse = data.warehouses.get(name);
  const version = warehouse?.metadata.resourceVersion;
  const exists = warehouse !== undefined;
  const {
    value: full,
    error: unread,
    reload,
  } = useLoaded(() => (exists ? api.warehouse(project, name) : Promise.resolve(undefined)), [api, project, name, version]);
  const { value: why } = useLoaded(
    () => (exists ? api.explain(project, 'warehouses', name) : Promise.resolve(undefined)),
    [api, project, name, version],
  );
  if (warehouse === undefined) return <MissingPanel project={project} kind="Warehouse" name={name} loaded={data.loaded} />;
  const tab = TABS.find((each) => PATHS[each] === path) ?? 'Subscriptions';
  const at = `/project/${project}/warehouse/${name}`;
  const takers = [...data.stages.values()].filter((stage) => originsOf(stage).includes(name)).length;
  const problem = warehouse.status?.conditions?.find(
    ({ type, status }) => (type === 'Healthy' || type === 'Ready') && status === 'False',
  );
  const criteria = warehouse.spec.freightCreationCriteria?.expression;
  return (
    <Panel
      project={project}
      label={`Warehouse ${name}`}
      header={
        <div className="panel-title">
          <Icon name="warehouse" />
          <h2 title={name}>{name}</h2>
          <span className="muted">Warehouse</span>
        </div>
      }
      actions={
        <>
          <RefreshButton object={warehouse} run={() => api.refreshWarehouse(project, name)} label="Refresh" />
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
        <span>
          {warehouse.status?.discoveredArtifacts?.discoveredAt === undefined ? (
            'not looked yet'
          ) : (
            <>
              looked <Ago at={warehouse.status.discoveredArtifacts.discoveredAt} />
            </>
          )}
        </span>
        <span>every {warehouse.spec.interval ?? '5m0s'}, and when told of news</span>
        <span>{warehouse.spec.freightCreationPolicy === 'Manual' ? 'freight by hand' : 'freight by itself'}</span>
        <span>
          {takers} {takers === 1 ? 'stage takes' : 'stages take'} it
        </span>
      </p>
      {criteria === undefined || criteria === '' ? null : (
        <p className="facts">
          <span>
            makes freight when <code>{criteria}</code>
          </span>
        </p>
      )}
      {deleting ? (
        <ConfirmDeletion
          project={project}
          name={name}
          keep={() => setDeleting(false)}
          run={() => api.deleteWarehouse(project, name)}
        >
          {takers === 0
            ? 'No stage takes freight from it.'
            : `${takers} ${takers === 1 ? 'stage takes' : 'stages take'} freight from it and will get no more.`}{' '}
          The freight that is there stays.
        </ConfirmDeletion>
      ) : null}
      {problem === undefined ? null : (
        <p className="inline-error" role="status">
          {problem.message}
        </p>
      )}
      {why === undefined || why.standing === 'settled' ? null : (
        <GateList
          explanation={why}
          project={project}
          title={`Why ${name} makes no freight`}
          button={(way) => wayButton(project, way, name)}
        />
      )}
      <Tabs
        label="About this warehouse"
        tabs={TABS}
        chosen={tab}
        choose={(each) =>
          void navigate(
            { pathname: each === 'Subscriptions' ? at : `${at}/${PATHS[each]}`, search: window.location.search },
            { replace: true },
          )
        }
      >
        {tab === 'Manifest' ? null : <ReadFailure what="What it has found" error={unread} again={reload} />}
        {tab === 'Subscriptions' ? (
          <SourceList warehouse={full ?? warehouse} />
        ) : tab === 'Freight assembly' ? (
          full === undefined ? (
            unread === undefined ? (
              <p className="muted">Loading</p>
            ) : null
          ) : (
            <AssemblyForm project={project} warehouse={full} data={data} />
          )
        ) : tab === 'Manifest' ? (
          <LiveManifest load={() => api.warehouse(project, name)} deps={[project, name, version]} />
        ) : (
          <p className="actions">
            <Link className="btn" to={`${at}/edit`}>
              <Icon name="edit" /> Edit the warehouse
            </Link>
            <button type="button" className="btn danger" onClick={() => setDeleting(true)}>
              <Icon name="trash" /> Delete the warehouse
            </button>
          </p>
        )}
      </Tabs>
    </Panel>
  );
}
