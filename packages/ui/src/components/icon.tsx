const PATHS = {
  plus: 'M8 3v10M3 8h10',
  close: 'm4 4 8 8M12 4l-8 8',
  right: 'm6 4 4 4-4 4',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  trash: 'M3 4.5h10M6.5 4.5V3h3v1.5M4.5 4.5l.5 8.5h6l.5-8.5M6.8 7v4M9.2 7v4',
  copy: 'M5.5 5.5h7v7h-7zM3.5 10.5v-7h7',
  grip: 'M6 4h.01M6 8h.01M6 12h.01M10 4h.01M10 8h.01M10 12h.01',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM10.5 10.5 14 14',
  stack: 'm8 2.5 6 3-6 3-6-3zM2.5 8.5 8 11.2l5.5-2.7M2.5 11.3 8 14l5.5-2.7',
  key: 'M10 8.5a3 3 0 1 0-2.6-1.5L3 11.5V13h2v-1.5h1.5V10l1.2-1.2A3 3 0 0 0 10 8.5Z',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.5M13 2.5v3h-3',
  external: 'M9 3h4v4M13 3 7.5 8.5M6 4H3.5v8.5H12V10',
} as const;

export type IconName = keyof typeof PATHS;

/** A small drawing beside words; alone it says nothing to those who do not see it. */
export function Icon({ name }: { name: IconName }): React.ReactNode {
  return (
    <svg
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      className="icon"
      aria-hidden="true"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A button that is only a drawing, with its name for everybody. */
export function IconButton({
  name,
  label,
  onClick,
  disabled,
}: {
  name: IconName;
  label: string;
  onClick: () => void;
  disabled?: boolean | undefined;
}): React.ReactNode {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={onClick} disabled={disabled}>
      <Icon name={name} />
    </button>
  );
}
