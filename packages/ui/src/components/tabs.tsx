import { useId, useRef } from 'react';

interface Props<T extends string> {
  label: string;
  tabs: readonly T[];
  chosen: T;
  choose: (tab: T) => void;
  /** Beside the name of a tab: how many there are. */
  counts?: Partial<Record<T, number>> | undefined;
  children: React.ReactNode;
}

/** Tabs with their panel. Arrow keys, Home and End go from tab to tab. */
export function Tabs<T extends string>({ label, tabs, chosen, choose, counts, children }: Props<T>): React.ReactNode {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const go = (index: number): void => {
    const next = tabs[(index + tabs.length) % tabs.length];
    if (next === undefined) return;
    choose(next);
    list.current?.querySelectorAll<HTMLElement>('[role=tab]')[tabs.indexOf(next)]?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const at = tabs.indexOf(chosen);
    const target = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    go(target);
  };
  return (
    <>
      <div className="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab}
            id={`${id}-${tab}`}
            type="button"
            role="tab"
            aria-selected={tab === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => choose(tab)}
          >
            {tab}
            {counts?.[tab] === undefined ? null : <span className="chip">{counts[tab]}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${chosen}`} className="tab-panel">
        {children}
      </div>
    </>
  );
}
