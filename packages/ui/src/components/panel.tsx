import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { Icon } from './icon.tsx';

interface Props {
  project: string;
  label: string;
  header: React.ReactNode;
  /** Buttons in the upper right, before the one that closes. */
  actions?: React.ReactNode;
  children: React.ReactNode;
}

/** What opens beside the board. Escape closes it; it takes the focus when it opens, and the board keeps its place. */
export function Panel({ project, label, header, actions, children }: Props): React.ReactNode {
  const navigate = useNavigate();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    // Only when nothing has it: who goes through the board by keys keeps it there.
    if (document.activeElement === null || document.activeElement === document.body)
      panel.current?.focus({ preventScroll: true });
    document.title = `${label.replace(/^\w+ /, '')} · ${project} · Kargo`;
  }, [label, project]);
  const close = (): void => void navigate({ pathname: `/project/${project}`, search: searchOfBoard() });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented && document.querySelector('dialog[open], .popup') === null) close();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  });
  return (
    <aside className="panel" aria-label={label} ref={panel} tabIndex={-1}>
      <div className="panel-head">
        <header>
          {header}
          <span className="grow" />
          <span className="panel-actions">
            {actions}
            <button type="button" className="icon-btn" onClick={close} aria-label="Close" title="Close (Esc)">
              <Icon name="close" />
            </button>
          </span>
        </header>
      </div>
      <div className="panel-body">{children}</div>
    </aside>
  );
}

/** What of the address belongs to the board, and not to a panel. */
export function searchOfBoard(): string {
  const query = new URLSearchParams(window.location.search);
  for (const key of ['tab', 'approve', 'with']) query.delete(key);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** What a panel says when there is no such thing. */
export function MissingPanel({
  project,
  kind,
  name,
  loaded,
}: {
  project: string;
  kind: string;
  name: string;
  loaded: boolean;
}): React.ReactNode {
  return (
    <Panel project={project} label={`${kind} ${name}`} header={<h2>{name}</h2>}>
      {loaded ? (
        <p className="empty">
          There is no {kind.toLowerCase()} {name}. It may have been deleted.
        </p>
      ) : (
        <p className="empty" role="status">
          Loading
        </p>
      )}
    </Panel>
  );
}
