import { annotations, type KubeObject } from '@kargo/api';
import { useState } from 'react';
import { Icon } from './icon.tsx';
import { useOnline } from './online.ts';
import { useToast } from './toast.tsx';

interface Props {
  object: KubeObject & { status?: { lastHandledRefresh?: string | undefined } | undefined };
  run: () => Promise<unknown>;
  label: string;
  /** Only the icon. */
  compact?: boolean | undefined;
}

/** Asks for a look, and turns until that has been taken. */
export function RefreshButton({ object, run, label, compact }: Props): React.ReactNode {
  const { attempt } = useToast();
  const online = useOnline();
  const [sending, setSending] = useState(false);
  const asked = object.metadata.annotations?.[annotations.refresh];
  const busy = sending || (asked !== undefined && asked !== object.status?.lastHandledRefresh);
  return (
    <button
      type="button"
      className={compact === true ? 'icon-btn' : 'btn'}
      aria-label={label}
      title={compact === true ? label : undefined}
      aria-busy={busy}
      disabled={sending || !online}
      onClick={(event) => {
        event.stopPropagation();
        setSending(true);
        attempt(label, () => run().finally(() => setSending(false)));
      }}
    >
      <Icon name="refresh" className={busy ? 'turning' : undefined} />
      {compact === true ? null : 'Refresh'}
    </button>
  );
}
