/** Drawings on 16 × 16 with a stroke of 1.5. */
const DRAWINGS = {
  wand: 'm2.5 13.5 7-7M8 5l3 3M12 1.5v3M10.5 3h3M13.5 9v2M12.5 10h2M5.5 2v2M4.5 3h2',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.8 10.8 14 14',
  filter: 'M2 3.5h12L9.5 9v4.5l-3-1.5V9z',
  chevron: 'm4 6 4 4 4-4',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  stack: 'm8 2.5 6 3-6 3-6-3zM2.5 8.5 8 11.2l5.5-2.7M2.5 11.3 8 14l5.5-2.7',
  tag: 'M2.5 3v4.5l6 6 5-5-6-6H3M5.5 5.5h.01',
  key: 'M10 8.5a3 3 0 1 0-2.6-1.5L3 11.5V13h2v-1.5h1.5V10l1.2-1.2A3 3 0 0 0 10 8.5Z',
  right: 'm6 4 4 4-4 4',
  close: 'm4 4 8 8m0-8-8 8',
  more: 'M3 8h.01M8 8h.01M13 8h.01',
  board: 'M2 3h12v10H2zM2 6.5h12M6.5 6.5V13',
  graph: 'M3 6.5h3v3H3zM10 2.5h3v3h-3zM10 10.5h3v3h-3zM6 8h2V4h2M8 8v4h2',
  list: 'M5.5 4H14M5.5 8H14M5.5 12H14M2.5 4h.01M2.5 8h.01M2.5 12h.01',
  images: 'M2 2h4v4H2zM10 2h4v4h-4zM2 10h4v4H2zM10 10h4v4h-4z',
  warehouse: 'm8 2 6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3',
  image: 'm8 1.8 5.5 3.1v6.2L8 14.2l-5.5-3.1V4.9zM2.5 4.9 8 8l5.5-3.1M8 8v6.2',
  git: 'M5 3.5v9M11 6.5c0 3-6 1.5-6 4M5 3.5a1.2 1.2 0 1 0 0-.1ZM11 6.4a1.2 1.2 0 1 0 0-.1ZM5 13.4a1.2 1.2 0 1 0 0-.1Z',
  chart: 'M8 4v8M5 5.5l6 5M11 5.5l-6 5M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Z',
  artifact: 'M2.5 5 8 2l5.5 3v6L8 14l-5.5-3zM6 8h4',
  pulse: 'M1.5 8h3l2-4.5 3 9 2-4.5h3',
  auto: 'M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z',
  hand: 'M5 8V4.5a1 1 0 0 1 2 0V7m0-3.5a1 1 0 0 1 2 0V7m0-2.5a1 1 0 0 1 2 0v5c0 3-1.5 4.5-4 4.5-2 0-3-1-4-3L2.2 9a1 1 0 0 1 1.7-1L5 9.5',
  refresh: 'M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 2v3h-3',
  trash: 'M3 4.5h10M6.5 4.5v-2h3v2M4.5 4.5l.5 9h6l.5-9M6.8 7v4M9.2 7v4',
  external: 'M6.5 3.5H3v9.5h9.5V9.5M9.5 2.5h4v4M13.5 2.5 7.5 8.5',
  copy: 'M6 6h7.5v7.5H6zM10 6V2.5H2.5V10H6',
  edit: 'M10.5 3 13 5.5 5.5 13H3v-2.5z',
  star: 'm8 2 1.9 3.8 4.1.6-3 2.9.7 4.2L8 11.6l-3.7 1.9.7-4.2-3-2.9 4.1-.6z',
  check: 'm3.5 8.5 3 3 6-7',
  plus: 'M8 3v10M3 8h10',
  moon: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7Z',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  system: 'M2 3h12v8H2zM6 14h4M8 11v3',
  user: 'M8 8.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.5 14c.6-2.6 2.8-4 5.5-4s4.9 1.4 5.5 4',
  arrow: 'M3 8h10M9 4l4 4-4 4',
  compare: 'M5 3v10M5 3 2.5 5.5M5 3l2.5 2.5M11 13V3m0 10 2.5-2.5M11 13l-2.5-2.5',
  grip: 'M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01',
  play: 'm5 3 8 5-8 5z',
  help: 'M6 6.2C6.1 4.9 7 4.2 8.1 4.2c1.2 0 2 .7 2 1.8 0 1.5-2 1.6-2 3.2M8 11.6v.01M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Z',
} as const;

export type IconName = keyof typeof DRAWINGS;

/** An icon. It says nothing to screen readers: the control it is in has a name. */
export function Icon({ name, className }: { name: IconName; className?: string | undefined }): React.ReactNode {
  const thick = name === 'more' || name === 'grip' || name === 'list';
  return (
    <svg
      className={className === undefined ? 'icon' : `icon ${className}`}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={thick ? 1.8 : 1.5}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={DRAWINGS[name]} />
    </svg>
  );
}

/** A button that is only a drawing, with its name for everybody. */
export function IconButton({
  name,
  label,
  onClick,
  disabled,
  'aria-expanded': expanded,
}: {
  name: IconName;
  label: string;
  onClick: () => void;
  disabled?: boolean | undefined;
  'aria-expanded'?: boolean | undefined;
}): React.ReactNode {
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={label}
      title={label}
      aria-expanded={expanded}
      onClick={onClick}
      disabled={disabled}
    >
      <Icon name={name} />
    </button>
  );
}
