import { Menu } from '@base-ui/react/menu';
import { Link } from 'react-router';
import { Icon, type IconName } from './icon.tsx';

export type MenuEntry =
  | { kind: 'link'; label: string; to: string; icon?: IconName | undefined; disabled?: string | undefined }
  | {
      kind: 'action';
      label: string;
      run: () => void;
      icon?: IconName | undefined;
      /** Why it cannot be done now. */
      disabled?: string | undefined;
      danger?: boolean | undefined;
    }
  | { kind: 'choice'; label: string; checked: boolean; run: () => void; icon?: IconName | undefined }
  | { kind: 'heading'; label: string }
  | { kind: 'line' };

interface Props {
  /** What the menu is for, for screen readers. */
  label: string;
  /** What the button shows. */
  children: React.ReactNode;
  className?: string | undefined;
  entries: readonly MenuEntry[];
  align?: 'start' | 'end' | undefined;
}

/** A button that opens a menu. What cannot be done now stays in it, with the reason. */
export function ActionMenu({ label, children, className = 'btn', entries, align = 'end' }: Props): React.ReactNode {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className={className} aria-label={label} onClick={(event) => event.stopPropagation()}>
        {children}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="positioner" align={align} sideOffset={4}>
          <Menu.Popup className="popup" onClick={(event) => event.stopPropagation()}>
            {entries.map((entry, index) => (
              <Entry key={entry.kind === 'line' ? `line ${index}` : entry.label} entry={entry} />
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

function Entry({ entry }: { entry: MenuEntry }): React.ReactNode {
  switch (entry.kind) {
    case 'line':
      return <Menu.Separator className="menu-line" />;
    case 'heading':
      return (
        <div className="menu-heading" role="presentation">
          {entry.label}
        </div>
      );
    case 'choice':
      return (
        <Menu.RadioGroup value={entry.checked ? entry.label : ''} onValueChange={entry.run}>
          <Menu.RadioItem className="menu-item" value={entry.label} closeOnClick>
            <Icon name={entry.checked ? 'check' : (entry.icon ?? 'right')} className={entry.checked ? undefined : 'faint'} />
            <span>{entry.label}</span>
          </Menu.RadioItem>
        </Menu.RadioGroup>
      );
    case 'link':
      return (
        <Menu.Item className="menu-item" disabled={entry.disabled !== undefined} render={<Link to={entry.to} />}>
          {entry.icon === undefined ? null : <Icon name={entry.icon} />}
          <Label label={entry.label} why={entry.disabled} />
        </Menu.Item>
      );
    case 'action':
      return (
        <Menu.Item
          className={entry.danger === true ? 'menu-item bad' : 'menu-item'}
          disabled={entry.disabled !== undefined}
          onClick={entry.run}
        >
          {entry.icon === undefined ? null : <Icon name={entry.icon} />}
          <Label label={entry.label} why={entry.disabled} />
        </Menu.Item>
      );
  }
}

function Label({ label, why }: { label: string; why: string | undefined }): React.ReactNode {
  return (
    <span>
      {label}
      {why === undefined ? null : <span className="menu-why">{why}</span>}
    </span>
  );
}
