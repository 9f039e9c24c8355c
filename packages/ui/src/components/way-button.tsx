import { Link } from 'react-router';
import type { WayOut } from '../data/api.ts';
import { useServices } from '../services.ts';
import { ActionButton } from './action-button.tsx';

/**
 * A way out as a button: the server names ways as commands, and the ones that this dashboard knows become what a person would click here.
 * Undefined for others, which are shown as the command.
 */
export function wayButton(project: string, { command }: WayOut): React.ReactElement | undefined {
  const word = (flag: string): string | undefined => new RegExp(`--${flag} (\\S+)`).exec(command)?.[1];
  const at = `/project/${project}`;
  const freight = word('freight');
  const stage = word('stage') ?? /^kargo verify stage (\S+)/.exec(command)?.[1];
  if (/^kargo promote .*--abort/.test(command)) {
    const name = word('name');
    return name === undefined ? undefined : <AbortPromotion project={project} name={name} />;
  }
  if (command.startsWith('kargo promote ') && freight !== undefined && stage !== undefined)
    return (
      <Link className="btn primary" to={`${at}/promote/freight/${freight}/stage/${stage}`}>
        Review change
      </Link>
    );
  if (command.startsWith('kargo approve ') && freight !== undefined && stage !== undefined)
    return (
      <Link className="btn" to={`${at}/freight/${freight}?approve=${encodeURIComponent(stage)}`}>
        Approve for {stage}…
      </Link>
    );
  if (command.startsWith('kargo verify stage ') && stage !== undefined)
    return <Verify project={project} stage={stage} abort={command.includes('--abort')} />;
  const warehouse = /^kargo refresh warehouse (\S+)/.exec(command)?.[1];
  if (warehouse !== undefined) return <RefreshWarehouse project={project} name={warehouse} />;
  return undefined;
}

function AbortPromotion({ project, name }: { project: string; name: string }): React.ReactNode {
  const { api } = useServices();
  return <ActionButton run={() => api.abortPromotion(project, name)}>Abort {name}</ActionButton>;
}

function Verify({ project, stage, abort }: { project: string; stage: string; abort: boolean }): React.ReactNode {
  const { api } = useServices();
  return abort ? (
    <ActionButton run={() => api.abortVerification(project, stage)}>Abort verification</ActionButton>
  ) : (
    <ActionButton run={() => api.reverify(project, stage)}>Verify again</ActionButton>
  );
}

function RefreshWarehouse({ project, name }: { project: string; name: string }): React.ReactNode {
  const { api } = useServices();
  return <ActionButton run={() => api.refreshWarehouse(project, name)}>Look now</ActionButton>;
}
