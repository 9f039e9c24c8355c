import { Link } from 'react-router';
import type { Api, WayOut } from '../data/api.ts';
import { wayOf } from '../pipeline/ways.ts';
import { useServices } from '../services.ts';
import { ActionButton } from './action-button.tsx';

/** A way out as a button: what a person would click here, where `warehouse` is what is spoken of. Undefined for what no button does, which is shown as the command. */
export function wayButton(project: string, { command }: WayOut, warehouse?: string): React.ReactElement | undefined {
  const way = wayOf(command);
  const at = `/project/${project}`;
  switch (way?.kind) {
    case 'promote':
      return (
        <Link className="btn primary" to={`${at}/promote/freight/${way.freight}/stage/${way.stage}`}>
          Review change
        </Link>
      );
    case 'approve':
      return (
        <Link className="btn" to={`${at}/freight/${way.freight}?approve=${encodeURIComponent(way.stage)}`}>
          Approve for {way.stage}…
        </Link>
      );
    case 'abort-promotion':
      return <Act run={(api) => api.abortPromotion(project, way.promotion)}>Abort {way.promotion}</Act>;
    case 'verify':
      return <Act run={(api) => api.reverify(project, way.stage)}>Verify again</Act>;
    case 'abort-verification':
      return <Act run={(api) => api.abortVerification(project, way.stage)}>Abort verification</Act>;
    case 'refresh-stage':
      return <Act run={(api) => api.refreshStage(project, way.stage)}>Look at {way.stage} again</Act>;
    case 'refresh-warehouse':
      return <Act run={(api) => api.refreshWarehouse(project, way.warehouse)}>Look now</Act>;
    case 'credentials':
      return (
        <Link className="btn" to={`${at}/settings/secrets`}>
          Credentials
        </Link>
      );
    case 'assemble':
      return warehouse === undefined ? undefined : (
        <Link className="btn" to={`${at}/warehouse/${warehouse}/create-freight`}>
          Assemble freight
        </Link>
      );
    case undefined:
      return undefined;
  }
}

function Act({ run, children }: { run: (api: Api) => Promise<unknown>; children: React.ReactNode }): React.ReactNode {
  const { api } = useServices();
  return <ActionButton run={() => run(api)}>{children}</ActionButton>;
}
