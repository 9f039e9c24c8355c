import { useEffect, useRef, useState } from 'react';
import { readText } from '../data/event-stream.ts';
import { linesOf } from '../data/log-lines.ts';
import { ActionButton } from './action-button.tsx';
import { saveFile } from './save-file.ts';
import { useLog } from './use-log.ts';

interface Props {
  /** What the log is of, for screen readers and the name of a download. */
  name: string;
  open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;
  deps: readonly unknown[];
  /** Opens all of it that is there now, to be kept as a file; absent: `open` does, and ends. */
  openWhole?: ((signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>) | undefined;
  /** Said while there is nothing. */
  empty?: string | undefined;
}

/** Lines drawn at a time. */
const DRAWN = 1_000;

/** A log that is followed until one scrolls up; then it says how much came since. */
export function LogView({ name, open, deps, openWhole = open, empty = 'Nothing was said yet.' }: Props): React.ReactNode {
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
  const file = `${name.replaceAll(/[^\w.-]+/g, '-')}.log`;
  const download = (): void => saveFile(file, new Blob([`${all.join('\n')}\n`], { type: 'text/plain' }));
  // Everything, as the server has it: it goes from the network into a file and is never text of this page.
  const downloadWhole = async (): Promise<void> => {
    const parts: Blob[] = [];
    for await (const text of readText(await openWhole(new AbortController().signal))) parts.push(new Blob([text]));
    saveFile(file, new Blob(parts, { type: 'text/plain' }));
  };
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
        {log.dropped === 0 ? (
          <button type="button" className="btn small" disabled={all.length === 0} onClick={download}>
            Download
          </button>
        ) : (
          <ActionButton small run={downloadWhole}>
            Download
          </ActionButton>
        )}
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
        {log.dropped === 0 ? null : (
          <p className="muted left-out">
            {log.dropped.toLocaleString()} earlier lines, {sizeText(log.droppedSize)}, are left out here.{' '}
            <ActionButton small run={downloadWhole}>
              Download all of it
            </ActionButton>
          </p>
        )}
        {matching.length > shown.length ? (
          <button type="button" className="btn small" onClick={() => setDrawn(drawn + DRAWN)}>
            Show earlier, {matching.length - shown.length} more lines
          </button>
        ) : null}
        {shown.length === 0 && state.kind !== 'loading' && state.kind !== 'failed' ? (
          <p className="muted">{filter === '' ? empty : 'No line has that.'}</p>
        ) : null}
        {shown.map((line, index) => (
          <Line key={log.dropped + matching.length - shown.length + index} text={line} />
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

/** Characters of a line that are drawn. */
const DRAWN_OF_LINE = 4_000;

function Line({ text }: { text: string }): React.ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  if (text.length <= DRAWN_OF_LINE || isOpen) return <div>{text === '' ? ' ' : text}</div>;
  return (
    <div>
      {text.slice(0, DRAWN_OF_LINE)}{' '}
      <button type="button" className="link-button" onClick={() => setIsOpen(true)}>
        {(text.length - DRAWN_OF_LINE).toLocaleString()} more characters
      </button>
    </div>
  );
}

function sizeText(characters: number): string {
  return characters < 1024 * 1024 ? `${Math.ceil(characters / 1024)} KiB` : `${(characters / 1024 / 1024).toFixed(1)} MiB`;
}
