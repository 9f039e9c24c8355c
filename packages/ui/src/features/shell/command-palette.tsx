import { useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { Icon } from '../../components/icon.tsx';
import { useLoaded, useServices } from '../../services.ts';
import { bestOf, fixedEntries, projectEntries, type Entry } from './palette-entries.ts';

/** Everything by name: places and things to do. */
export function CommandPalette({ project, close }: { project: string | undefined; close: () => void }): React.ReactNode {
  const { api, projects } = useServices();
  const navigate = useNavigate();
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const { value: others } = useLoaded(api.projects, []);
  useEffect(() => dialog.current?.showModal(), []);
  const data = project === undefined ? undefined : projects.of(project).get();

  const entries = useMemo(
    () => [
      ...(project === undefined || data === undefined ? [] : projectEntries(project, data, Date.now() + api.skew)),
      ...fixedEntries((others ?? []).flatMap(({ metadata }) => metadata.name ?? [])),
    ],
    [project, data, others, api],
  );
  const found = useMemo(() => bestOf(entries, text), [entries, text]);
  const open = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    close();
    void navigate(entry.to);
  };
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Search or jump to"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <div className="palette-field">
        <Icon name="search" />
        <input
          type="text"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[at] === undefined ? undefined : `palette-${at}`}
          aria-label="Search or jump to"
          placeholder="Stage, freight, project, or what to do"
          value={text}
          autoFocus
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt(Math.min(found.length - 1, at + 1));
            else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
            else if (event.key === 'Enter') open(found[at]);
            else return;
            event.preventDefault();
          }}
        />
        <kbd>Esc</kbd>
      </div>
      <ul id="palette-list" role="listbox" aria-label="Found" ref={list}>
        {found.map((entry, index) => (
          <li
            key={entry.key}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => open(entry)}
            onPointerMove={() => setAt(index)}
          >
            <Icon name={entry.icon} />
            <span className="label">{entry.label}</span>
            <span className="muted small-text">{entry.hint}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className="empty">Nothing is called that.</p> : null}
    </dialog>
  );
}
