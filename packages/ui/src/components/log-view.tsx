import { useEffect, useRef, useState } from 'react';
import { linesOf } from '../data/log-lines.ts';
import { saveFile } from './save-file.ts';
import { useLog } from './use-log.ts';

interface Props {
  /** What the log is of, for screen readers and the name of a download. */
  name: string;
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  deps: readonly unknown[];
  /** Said while there is nothing. */
  empty?: string | undefined;
}

/** Lines drawn at a time. */
const DRAWN = 1_000;

/** A log that is followed until one scrolls up; then it says how much came since. */
export function LogView({ name, open, deps, empty = 'Nothing was said yet.' }: Props): React.ReactNode {
  const { log, state, again } = useLog(open, deps);
  const [wrap, setWrap] = useState(true);
  const [filter, setFilter] = useState('');
  const [drawn, setDrawn] = useState(DRAWN);
  const [leftAt, setLeftAt] = useState<number>();
  const box = useRef<HTMLDivElement>(null);
  const all = linesOf(log);
  const matching = filter === '' ? all : all.filter((line) => line.toLowerCase().includes(filter.toLowerCase()));
  const shown = matching.slice(-drawn);
  // Lines that were let go count: they came too.
  const total = log.dropped + all.length;
  const toEnd = (): void => box.current?.scrollTo({ top: box.current.scrollHeight });
  useEffect(() => {
    if (leftAt === undefined) toEnd();
    // Of a long log as many lines are drawn as before, and they are others.
  }, [log, drawn, filter, leftAt, wrap]);
  const onScroll = (): void => {
    const element = box.current;
    if (element === null) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    setLeftAt((before) => (atEnd ? undefined : (before ?? total)));
  };
  const download = (): void =>
    saveFile(`${name.replaceAll(/[^\w.-]+/g, '-')}.log`, new Blob([`${all.join('\n')}\n`], { type: 'text/plain' }));
  return (
    <div className="log">
      <div className="log-bar">
        <span role="status" className={state.kind === 'following' ? 'run' : state.kind === 'failed' ? 'bad' : 'muted'}>
          {
            {
              loading: 'Loading',
              following: 'Following',
              ended: `${all.length} ${all.length === 1 ? 'line' : 'lines'}`,
              lost: 'Connection lost; opened again in a moment',
              failed: 'No log',
            }[state.kind]
          }
        </span>
        <span className="grow" />
        <input
          type="search"
          aria-label={`Search in ${name}`}
          placeholder="Search"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <button type="button" className="btn small" aria-pressed={wrap} onClick={() => setWrap(!wrap)}>
          Wrap
        </button>
        <button type="button" className="btn small" disabled={all.length === 0} onClick={download}>
          Download
        </button>
      </div>
      {state.kind === 'failed' || state.kind === 'lost' ? (
        <p className="inline-error" role="alert">
          {state.why}{' '}
          <button type="button" className="btn small" onClick={again}>
            Try again
          </button>
        </p>
      ) : null}
      <div
        className={wrap ? 'lines wrap' : 'lines'}
        ref={box}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={name}
      >
        {log.dropped === 0 ? null : <p className="muted">{log.dropped} earlier lines are only in the whole log of the server.</p>}
        {matching.length > shown.length ? (
          <button type="button" className="btn small" onClick={() => setDrawn(drawn + DRAWN)}>
            Show earlier, {matching.length - shown.length} more lines
          </button>
        ) : null}
        {shown.length === 0 && state.kind !== 'loading' && state.kind !== 'failed' ? (
          <p className="muted">{filter === '' ? empty : 'No line has that.'}</p>
        ) : null}
        {shown.map((line, index) => (
          <div key={log.dropped + matching.length - shown.length + index}>{line === '' ? ' ' : line}</div>
        ))}
      </div>
      {leftAt === undefined ? null : (
        <button
          type="button"
          className="btn small to-end"
          onClick={() => {
            setLeftAt(undefined);
            toEnd();
          }}
        >
          Jump to end{total > leftAt ? `, ${total - leftAt} new` : ''}
        </button>
      )}
    </div>
  );
}
