import type { Warehouse } from '@kargo/api';
import { ActionButton } from '../../components/action-button.tsx';
import { Time } from '../../components/time.tsx';
import { useServices } from '../../services.ts';

/** The warehouse that the rows below come from. */
export function WarehouseCard({ project, warehouse }: { project: string; warehouse: Warehouse }): React.ReactNode {
  const { api } = useServices();
  const name = warehouse.metadata.name ?? '';
  const failed = warehouse.status?.conditions?.find(({ type, status }) => type === 'Healthy' && status === 'False');
  return (
    <article className="card warehouse" aria-label={`Warehouse ${name}`}>
      <header>
        <h3>{name}</h3>
        <span className="muted">Warehouse</span>
        <span className="grow" />
        <ActionButton small run={() => api.refreshWarehouse(project, name)}>
          Refresh
        </ActionButton>
      </header>
      {warehouse.spec.subscriptions.map((subscription, index) => {
        const [type, content] = Object.entries(subscription).find(([key]) => key !== 'name') ?? ['', {}];
        return (
          <p key={index} className="mono line-2">
            {String((content as { repoURL?: string }).repoURL ?? type)}
          </p>
        );
      })}
      <footer>
        {failed === undefined ? (
          <span className="muted">
            Looked <Time at={warehouse.status?.discoveredArtifacts?.discoveredAt} />
          </span>
        ) : (
          <span className="bad">{failed.message}</span>
        )}
      </footer>
    </article>
  );
}
