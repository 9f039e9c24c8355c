import type { Look, Shape } from '../pipeline/state.ts';

/** Shapes differ without colour: filled for now, ring for past, angles for failures. Drawn on 16 × 16. */
const DRAWINGS: Readonly<Record<Shape, React.ReactNode>> = {
  check: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <path d="m5 8.2 2.1 2.1L11 6" stroke="var(--surface)" />
    </>
  ),
  'ring-check': (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="m5.4 8.2 1.8 1.8 3.4-3.8" />
    </>
  ),
  promoting: (
    <>
      <path className="spin" d="M14.2 8A6.2 6.2 0 1 1 8 1.8" />
      <path d="M5.4 8h5M8.4 5.8 10.6 8l-2.2 2.2" />
    </>
  ),
  verifying: (
    <>
      <path className="spin" d="M14.2 8A6.2 6.2 0 1 1 8 1.8" />
      <path d="m5.6 8.2 1.7 1.7 3.1-3.5" />
    </>
  ),
  pending: <circle cx="8" cy="8" r="6.2" strokeDasharray="2.2 2.4" />,
  clock: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M8 4.6V8l2.2 1.6" />
    </>
  ),
  person: (
    <>
      <circle cx="8" cy="8" r="7" fill="currentColor" />
      <circle cx="8" cy="6.2" r="1.9" fill="var(--surface)" stroke="none" />
      <path d="M4.6 11.8c.5-2 1.9-2.9 3.4-2.9s2.9.9 3.4 2.9" fill="var(--surface)" stroke="none" />
    </>
  ),
  hold: (
    <>
      <rect x="1.5" y="1.5" width="13" height="13" rx="2.5" fill="currentColor" />
      <path d="M6.2 5.4v5.2M9.8 5.4v5.2" stroke="var(--surface)" />
    </>
  ),
  failed: (
    <>
      <path d="M5.2 1.4h5.6l3.8 3.8v5.6l-3.8 3.8H5.2l-3.8-3.8V5.2z" fill="currentColor" />
      <path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4" stroke="var(--surface)" />
    </>
  ),
  error: (
    <>
      <path d="M8 1.6 15 14H1z" fill="currentColor" strokeLinejoin="round" />
      <path d="M8 6v3.6M8 11.6v.2" stroke="var(--surface)" />
    </>
  ),
  inconclusive: (
    <>
      <path d="m8 1.4 6.6 6.6L8 14.6 1.4 8z" />
      <path d="M6.6 6.6C6.8 5.6 9.4 5.4 9.4 7c0 1-1.4 1-1.4 2M8 10.8v.2" />
    </>
  ),
  aborted: (
    <>
      <rect x="2" y="2" width="12" height="12" rx="2" />
      <rect x="5.6" y="5.6" width="4.8" height="4.8" fill="currentColor" stroke="none" />
    </>
  ),
  skipped: (
    <>
      <circle cx="8" cy="8" r="6.2" />
      <path d="M5.4 8h5.2" />
    </>
  ),
  unknown: (
    <>
      <circle cx="8" cy="8" r="6.2" strokeDasharray="1 2" />
      <path d="M6.4 6.6C6.6 5.4 9.6 5.2 9.6 7c0 1.1-1.6 1.1-1.6 2.2M8 11v.2" />
    </>
  ),
};

/** The shape of a state. Beside a word it says nothing to screen readers. */
export function StatusShape({ look }: { look: Pick<Look, 'shape' | 'tone'> }): React.ReactNode {
  return (
    <svg
      className={`shape ${look.tone}`}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      aria-hidden="true"
    >
      {DRAWINGS[look.shape]}
    </svg>
  );
}
