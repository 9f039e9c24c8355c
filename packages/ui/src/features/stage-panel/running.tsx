import type { Stage } from '@kargo/api';
import { Link } from 'react-router';
import { ArtifactList } from '../../components/artifact-list.tsx';
import { StatusShape } from '../../components/status-shape.tsx';
import { Time } from '../../components/time.tsx';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import type { Model } from '../pipeline/use-model.ts';

/** What runs in a stage, one piece of freight for each warehouse, with the health of each application. */
export function Running({ project, stage, model }: { project: string; stage: Stage; model: Model }): React.ReactNode {
  const items = Object.entries(stage.status?.freightHistory?.[0]?.items ?? {});
  const apps = stage.status?.health?.argoCDApps ?? [];
  const issues = stage.status?.health?.issues ?? [];
  const stageName = stage.metadata.name ?? '';
  if (items.length === 0) return null;
  return (
    <section className="running" aria-label="Running">
      <h3>Running</h3>
      {items.map(([key, item]) => {
        const freight = model.data.freight.get(item.name ?? '');
        const since = freight?.status?.currentlyIn?.[stageName]?.since;
        const verified = freight?.status?.verifiedIn?.[stageName];
        return (
          <div key={key} className="running-item">
            <p className="with-shape">
              <StatusShape look={verified === undefined ? { shape: 'clock', tone: 'wait' } : { shape: 'check', tone: 'ok' }} />
              <Link to={{ pathname: `/project/${project}/freight/${item.name ?? ''}`, search: window.location.search }}>
                <strong>{freight === undefined ? item.name?.slice(0, 7) : labelOf(freight)}</strong>
              </Link>
              <span className="ver">{versionOf(item)}</span>
              <span className="grow" />
              <span className="muted">{verified === undefined ? 'not verified yet' : 'verified'}</span>
              {since === undefined ? null : (
                <span className="muted">
                  since <Time at={since} />
                </span>
              )}
            </p>
            <ArtifactList freight={item} />
          </div>
        );
      })}
      {apps.map(({ name, namespace, healthStatus, syncStatus, observation }) => (
        <p key={`${namespace}/${name}`} className="with-shape">
          <StatusShape
            look={
              healthStatus?.status === 'Healthy'
                ? { shape: 'ring-check', tone: 'ok' }
                : healthStatus?.status === 'Degraded' || healthStatus?.status === 'Missing'
                  ? { shape: 'error', tone: 'bad' }
                  : { shape: 'clock', tone: 'wait' }
            }
          />
          {name}
          <span className="grow" />
          <span className="muted" title={healthStatus?.message}>
            {observation === 'NotYetCreated'
              ? 'does not exist yet'
              : [healthStatus?.status, syncStatus?.status].filter((each) => each !== undefined).join(', ')}
          </span>
        </p>
      ))}
      {issues.map((issue) => (
        <p key={issue} className="bad small-text">
          {issue}
        </p>
      ))}
    </section>
  );
}
