import { useEffect, useRef } from 'react';
import { useNavigate } from 'react-router';
import { ActionButton } from './action-button.tsx';
import { searchOfBoard } from './panel.tsx';

interface Props {
  project: string;
  name: string;
  /** Says no. */
  keep: () => void;
  run: () => Promise<void>;
  /** What it means, in sentences. */
  children: React.ReactNode;
}

/** Asks once more before what a panel is about is deleted, and goes back to the board when it is. */
export function ConfirmDeletion({ project, name, keep, run, children }: Props): React.ReactNode {
  const navigate = useNavigate();
  const no = useRef<HTMLButtonElement>(null);
  // What asks may be out of sight of the button that was pressed.
  useEffect(() => no.current?.focus(), []);
  return (
    <div
      className="confirm"
      role="alertdialog"
      aria-label={`Delete ${name}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.nativeEvent.stopImmediatePropagation();
        keep();
      }}
    >
      <p>
        Delete {name}? {children}
      </p>
      <ActionButton
        kind="danger"
        run={async () => {
          await run();
          await navigate({ pathname: `/project/${project}`, search: searchOfBoard() });
        }}
      >
        Delete {name}
      </ActionButton>
      <button ref={no} type="button" className="btn" onClick={keep}>
        Keep it
      </button>
    </div>
  );
}
