import { useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { Icon, type IconName } from '../../components/icon.tsx';
import { labelOf, versionOf } from '../../pipeline/cells.ts';
import { indexFreight, newestAvailable } from '../../pipeline/freight-index.ts';
import { useLoaded, useServices } from '../../services.ts';

interface Entry {
  key: string;
  icon: IconName;
  label: string;
  hint: string;
  to: string;
  /** Comes only after places, as it does something. */
  action?: boolean;
}

const SHOWN = 12;

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
  const data = project === undefined ? undefined : projects.get(project)?.get();

  const entries = useMemo((): Entry[] => {
    const all: Entry[] = [];
    if (project !== undefined && data !== undefined) {
      const p = `/project/${project}`;
      for (const name of data.stages.keys())
        all.push({ key: `s ${name}`, icon: 'board', label: name, hint: 'Stage', to: `${p}/stage/${name}` });
      for (const name of data.warehouses.keys())
        all.push({ key: `w ${name}`, icon: 'warehouse', label: name, hint: 'Warehouse', to: `${p}/warehouse/${name}` });
      for (const freight of data.freight.values()) {
        const name = freight.metadata.name ?? '';
        all.push({
          key: `f ${name}`,
          icon: 'image',
          label: `${labelOf(freight)} ${versionOf(freight)}`,
          hint: 'Freight',
          to: `${p}/freight/${name}`,
        });
      }
      const index = indexFreight(data.freight);
      for (const stage of data.stages.values()) {
        const name = stage.metadata.name ?? '';
        if (stage.status?.phase === 'NotApplicable') continue;
        for (const { origin } of stage.spec.requestedFreight) {
          const newest = newestAvailable(index, stage, origin.name, Date.now() + api.skew);
          if (newest === undefined) continue;
          all.push({
            key: `p ${name} ${origin.name}`,
            icon: 'arrow',
            label: `Promote ${labelOf(newest)} to ${name}`,
            hint: 'Shows the change first',
            to: `${p}/promote/freight/${newest.metadata.name ?? ''}/stage/${name}`,
            action: true,
          });
        }
      }
      all.push(
        { key: 'c s', icon: 'wand', label: 'Create Stage', hint: 'Action', to: `${p}/create-stage`, action: true },
        { key: 'c w', icon: 'wand', label: 'Create Warehouse', hint: 'Action', to: `${p}/create-warehouse`, action: true },
        { key: 'l', icon: 'list', label: 'All stages as a list', hint: 'Place', to: `${p}?view=list` },
        { key: 'g', icon: 'graph', label: 'Pipeline as a graph', hint: 'Place', to: `${p}?view=graph` },
        { key: 'm', icon: 'images', label: 'Image matrix', hint: 'Place', to: `${p}?view=images` },
        { key: 'r', icon: 'arrow', label: 'Promotions', hint: 'Place', to: `${p}/promotions` },
        { key: 'v', icon: 'pulse', label: 'Verifications', hint: 'Place', to: `${p}/verifications` },
        { key: 'e', icon: 'list', label: 'Events', hint: 'Place', to: `${p}/events` },
        { key: 't', icon: 'list', label: 'Project settings', hint: 'Place', to: `${p}/settings` },
      );
    }
    for (const { metadata } of others ?? [])
      all.push({
        key: `o ${metadata.name}`,
        icon: 'right',
        label: metadata.name ?? '',
        hint: 'Project',
        to: `/project/${metadata.name ?? ''}`,
      });
    all.push(
      { key: '/', icon: 'list', label: 'All projects', hint: 'Place', to: '/' },
      { key: 'cs', icon: 'list', label: 'Cluster settings', hint: 'Place', to: '/settings' },
      { key: 'u', icon: 'user', label: 'Who you are here', hint: 'Place', to: '/user' },
      { key: 'd', icon: 'external', label: 'Command line', hint: 'Place', to: '/downloads' },
    );
    return all;
  }, [project, data, others, api]);
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

/** Entries that have all words, those that begin with the text first, places before actions. */
function bestOf(entries: readonly Entry[], text: string): Entry[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const best: { entry: Entry; score: number }[] = [];
  for (const entry of entries) {
    const label = entry.label.toLowerCase();
    if (!words.every((word) => label.includes(word))) continue;
    const score =
      (label === text.toLowerCase() ? 0 : label.startsWith(words[0] ?? '') ? 1 : 2) + (entry.action === true ? 0.5 : 0);
    best.push({ entry, score });
  }
  return best
    .toSorted((a, b) => a.score - b.score)
    .slice(0, SHOWN)
    .map(({ entry }) => entry);
}
