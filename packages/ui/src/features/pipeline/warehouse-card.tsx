import type { Warehouse } from '@kargo/api';
import { Link, useMatch, useNavigate } from 'react-router';
import { Ago } from '../../components/ago.tsx';
import { ActionMenu } from '../../components/action-menu.tsx';
import { Icon } from '../../components/icon.tsx';
import { RefreshButton } from '../../components/refresh-button.tsx';
import { subscriptionsOf } from '../../pipeline/subscriptions.ts';
import { useServices } from '../../services.ts';

interface Props {
  project: string;
  warehouse: Warehouse;
  /** Whether the rows below come from it. */
  chosen?: boolean | undefined;
}

/** Sources shown before the rest is counted. */
const SHOWN = 3;

/** A warehouse on the board: what it looks at, and when it did last. */
export function WarehouseCard({ project, warehouse, chosen }: Props): React.ReactNode {
  const { api } = useServices();
  const navigate = useNavigate();
  const name = warehouse.metadata.name ?? '';
  const open = useMatch(`/project/${project}/warehouse/:warehouse/*`)?.params.warehouse === name;
  const failed = warehouse.status?.conditions?.find(({ type, status }) => type === 'Healthy' && status === 'False');
  const subscriptions = subscriptionsOf(warehouse);
  const to = { pathname: `/project/${project}/warehouse/${name}`, search: window.location.search };
  return (
    <article
      className={['card warehouse', open ? 'open' : '', chosen === false ? 'aside' : ''].join(' ')}
      aria-label={`Warehouse ${name}`}
      onClick={() => void navigate(to)}
    >
      <header>
        <Icon name="warehouse" className="muted" />
        <h3 title={name}>
          <Link to={to} onClick={(event) => event.stopPropagation()}>
            {name}
          </Link>
        </h3>
        <span className="muted kind">Warehouse</span>
        <span className="grow" />
        <RefreshButton object={warehouse} run={() => api.refreshWarehouse(project, name)} label={`Refresh ${name}`} compact />
        <ActionMenu
          label={`Actions of warehouse ${name}`}
          className="icon-btn kebab"
          entries={[
            {
              kind: 'link',
              label: 'Assemble freight…',
              icon: 'plus',
              to: `/project/${project}/warehouse/${name}/create-freight`,
            },
            { kind: 'link', label: 'Details', icon: 'list', to: `/project/${project}/warehouse/${name}` },
          ]}
        >
          <Icon name="more" />
        </ActionMenu>
      </header>
      <ul className="sources">
        {subscriptions.slice(0, SHOWN).map(({ kind, repository, constraint }, index) => (
          <li key={index}>
            <Icon name={kind} />
            <span className="mono source" title={repository}>
              {repository}
            </span>
            <span className="muted mono">{constraint}</span>
          </li>
        ))}
        {subscriptions.length > SHOWN ? <li className="muted">and {subscriptions.length - SHOWN} more</li> : null}
      </ul>
      <footer>
        {failed === undefined ? (
          <span className="muted">
            {warehouse.status?.discoveredArtifacts?.discoveredAt === undefined ? (
              'Not looked yet'
            ) : (
              <>
                Checked <Ago at={warehouse.status.discoveredArtifacts.discoveredAt} />
              </>
            )}
            {warehouse.spec.freightCreationPolicy === 'Manual' ? ', freight by hand' : ''}
          </span>
        ) : (
          <span className="bad clamp" title={failed.message}>
            {failed.message}
          </span>
        )}
      </footer>
    </article>
  );
}
