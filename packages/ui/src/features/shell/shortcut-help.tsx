import { useEffect, useRef, useState } from 'react';
import { Icon } from '../../components/icon.tsx';
import { setSingleLetters, singleLetters } from './use-shortcuts.ts';

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['Ctrl K', 'Search, or jump to anything'],
  ['/', 'Filter'],
  ['G then P, R, V, E, S', 'Pipeline, promotions, verifications, events, settings'],
  ['Arrows or H J K L', 'From cell to cell on the board'],
  ['Enter', 'Open'],
  ['Esc', 'Close'],
  ['P', 'Promote'],
  ['A', 'Approve'],
  ['R', 'Refresh'],
  ['V', 'Verify again'],
  ['Y', 'Copy the address'],
  ['Ctrl Enter', 'Confirm'],
  ['Ctrl S', 'Save, in forms'],
  ['Alt ↑ ↓', 'Move a step, in forms'],
  ['Ctrl Space', 'What can be written here, in YAML'],
  ['Esc, then Tab', 'Leave the YAML editor'],
  ['?', 'This list'],
];

/** The keys that do something. */
export function ShortcutHelp({ close }: { close: () => void }): React.ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [letters, setLetters] = useState(singleLetters);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      className="dialog small-dialog"
      aria-label="Keyboard shortcuts"
      onClose={close}
      onClick={(event) => event.target === dialog.current && close()}
    >
      <header>
        <h2>Keyboard shortcuts</h2>
        <span className="grow" />
        <button type="button" className="icon-btn" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <dl className="keys">
        {KEYS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <label className="inline">
        <input
          type="checkbox"
          checked={letters}
          onChange={(event) => {
            setSingleLetters(event.target.checked);
            setLetters(event.target.checked);
          }}
        />{' '}
        Single letters do something
      </label>
    </dialog>
  );
}
