import { useEffect, useRef, useState } from 'react';
import type { Schemas } from '../../schemas/schemas.ts';

/** What a step can run. */
export interface Picked {
  kind: 'step' | 'PromotionTask' | 'ClusterPromotionTask';
  name: string;
  about?: string | undefined;
}

/** All steps and tasks, found by name or by what they do. Arrow keys, Enter, Escape. */
export function StepPicker({
  schemas,
  tasks,
  pick,
  close,
}: {
  schemas: Schemas | undefined;
  tasks: readonly Picked[];
  pick: (picked: Picked) => void;
  close: () => void;
}): React.ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [filter, setFilter] = useState('');
  const [chosen, setChosen] = useState(0);
  useEffect(() => dialog.current?.showModal(), []);
  const words = filter.toLowerCase().split(/\s+/);
  const all: Picked[] = [
    ...tasks,
    ...Object.entries(schemas?.steps ?? {}).map(([name, { about }]) => ({ kind: 'step' as const, name, about })),
  ];
  const found = all
    .filter(({ name, about = '' }) => words.every((word) => `${name} ${about}`.toLowerCase().includes(word)))
    .toSorted((a, b) => Number(b.name.includes(filter)) - Number(a.name.includes(filter)));
  const at = Math.min(chosen, Math.max(found.length - 1, 0));
  useEffect(() => {
    dialog.current?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <dialog
      ref={dialog}
      className="picker"
      aria-label="Add a step"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <input
        type="search"
        role="combobox"
        aria-label="Find a step"
        aria-expanded
        aria-controls="step-options"
        aria-activedescendant={found[at] === undefined ? undefined : `step-option-${at}`}
        placeholder="Find a step, such as git or image"
        value={filter}
        autoFocus
        onChange={(event) => {
          setFilter(event.target.value);
          setChosen(0);
        }}
        onKeyDown={(event) => {
          const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: found.length - 1 }[event.key];
          if (next !== undefined) {
            event.preventDefault();
            setChosen(Math.max(0, Math.min(next, found.length - 1)));
          } else if (event.key === 'Enter') {
            event.preventDefault();
            const picked = found[at];
            if (picked !== undefined) pick(picked);
          }
        }}
      />
      <ul id="step-options" role="listbox" aria-label="Steps">
        {found.map((each, index) => (
          <li
            key={`${each.kind} ${each.name}`}
            id={`step-option-${index}`}
            role="option"
            aria-selected={index === at}
            onClick={() => pick(each)}
            onMouseMove={() => setChosen(index)}
          >
            <strong>{each.name}</strong>
            {each.kind === 'step' ? null : <span className="chip">{each.kind === 'PromotionTask' ? 'Task' : 'Shared task'}</span>}
            <span className="muted small-text">{each.about}</span>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className="muted">No step is called like that or does that.</p> : null}
    </dialog>
  );
}
