import { Icon, type IconName } from './icon.tsx';

interface Props<T extends string> {
  label: string;
  options: readonly { value: T; label: string; icon?: IconName | undefined; count?: number | undefined }[];
  chosen: T;
  choose: (value: T) => void;
  /** Shows only icons where there is little room. */
  compact?: boolean | undefined;
}

/** One of a few, all of them in sight. */
export function Segmented<T extends string>({ label, options, chosen, choose, compact }: Props<T>): React.ReactNode {
  return (
    <div className={compact === true ? 'switcher compact' : 'switcher'} role="group" aria-label={label}>
      {options.map(({ value, label: text, icon, count }) => (
        <button
          key={value}
          type="button"
          aria-pressed={value === chosen}
          title={compact === true ? text : undefined}
          onClick={() => choose(value)}
        >
          {icon === undefined ? null : <Icon name={icon} />}
          <span className="text">{text}</span>
          {count === undefined ? null : <span className="count">{count}</span>}
        </button>
      ))}
    </div>
  );
}
