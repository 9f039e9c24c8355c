import { describe, expect, it } from 'vitest';
import type { Attention } from './attention.ts';
import { readLive } from './event-stream.ts';
import { followList } from './object-list.ts';
import type { After } from './pause.ts';

interface Named {
  metadata: { name: string };
}

/** Of somebody who looks all the time. */
const looking = (after: After): Attention => ({ after, isSeen: () => true, onAttention: () => () => undefined });

const frame = (type: string, name?: string): string =>
  `data: ${JSON.stringify({ type, ...(name === undefined ? {} : { object: { metadata: { name } } }) })}\n\n`;

/** Follows streams that hold what `streams` say, each given as a text or as why there is none; ends when there are no more. */
async function follow(streams: readonly (string | Error)[]): Promise<{ shown: string[][]; lost: string[]; pauses: number[] }> {
  const [shown, lost, pauses]: [string[][], string[], number[]] = [[], [], []];
  const left = [...streams];
  const after: After = (ms, call) => {
    if (ms > 10_000) return () => undefined;
    pauses.push(ms);
    queueMicrotask(call);
    return () => undefined;
  };
  const open = (): Promise<ReadableStream<Uint8Array>> => {
    const next = left.shift() ?? '';
    return next instanceof Error ? Promise.reject(next) : Promise.resolve(new Blob([next]).stream());
  };
  await followList<Named>(
    {
      follow: (signal) => readLive(open, after, signal),
      attention: looking(after),
      show: (all) => shown.push(all.map(({ metadata }) => metadata.name)),
      lost: (error) => {
        lost.push(error?.message ?? 'ended');
        return left.length > 0;
      },
    },
    new AbortController().signal,
  );
  return { shown, lost, pauses };
}

describe('a list that is kept current', () => {
  it('is shown once all of it was read, also when it is read anew', async () => {
    const first = frame('ADDED', 'a') + frame('ADDED', 'b') + frame('SYNCED');
    const { shown } = await follow([first, frame('ADDED', 'b'), frame('ADDED', 'b') + frame('SYNCED') + frame('DELETED', 'b')]);
    expect(shown).toEqual([['a', 'b'], []]);
  });

  it('is opened again with growing pauses, which are short again after it was there', async () => {
    const away = new Error('away');
    const { lost, pauses } = await follow([away, away, frame('SYNCED'), away, 'event: error\ndata: {"message":"over"}\n\n']);
    expect(lost).toEqual(['away', 'away', 'ended', 'away', 'over']);
    expect(pauses).toEqual([500, 1000, 500, 1000]);
  });

  it('begins no more once nobody wants it, and does not wait the pause out', async () => {
    const stop = new AbortController();
    let opened = 0;
    const following = followList<Named>(
      {
        follow: (signal) =>
          readLive(
            () => {
              opened += 1;
              return Promise.reject(new Error('away'));
            },
            () => () => undefined,
            signal,
          ),
        attention: looking(() => () => undefined),
        show: () => undefined,
        lost: () => true,
      },
      stop.signal,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await following;
    expect(opened).toBe(1);
  });

  it('counts as lost when it says nothing for more than a minute', async () => {
    let silent: (() => void) | undefined;
    let why: string | undefined;
    const after: After = (_ms, call) => {
      silent = call;
      return () => undefined;
    };
    const open = (signal: AbortSignal): Promise<ReadableStream<Uint8Array>> =>
      Promise.resolve(new ReadableStream({ start: (feed) => signal.addEventListener('abort', () => feed.error(signal.reason)) }));
    const following = followList<Named>(
      {
        follow: (signal) => readLive(open, after, signal),
        attention: looking(after),
        show: () => undefined,
        lost: (error) => {
          why = error?.message;
          return false;
        },
      },
      new AbortController().signal,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    silent?.();
    await following;
    expect(why).toContain('said nothing');
  });

  it('is let go a while after the page was seen last, and is read again when it is seen', async () => {
    const stop = new AbortController();
    const [opened, lost, shown]: [AbortSignal[], unknown[], string[][]] = [[], [], []];
    let isSeen = true;
    const timers = new Set<() => void>();
    const watching = new Set<() => void>();
    const turn = async (seen: boolean): Promise<void> => {
      isSeen = seen;
      for (const each of watching) each();
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const following = followList<Named>(
      {
        attention: {
          after: (_ms, call) => {
            timers.add(call);
            return () => timers.delete(call);
          },
          isSeen: () => isSeen,
          onAttention: (call) => {
            watching.add(call);
            return () => watching.delete(call);
          },
        },
        follow: (signal) => {
          opened.push(signal);
          const text = new TextEncoder().encode(frame('ADDED', `n${opened.length}`) + frame('SYNCED'));
          const stream = new ReadableStream<Uint8Array>({
            start: (feed) => {
              feed.enqueue(text);
              signal.addEventListener('abort', () => feed.error(signal.reason));
            },
          });
          return readLive(
            () => Promise.resolve(stream),
            () => () => undefined,
            signal,
          );
        },
        show: (all) => shown.push(all.map(({ metadata }) => metadata.name)),
        lost: (error) => lost.push(error) > 0,
      },
      stop.signal,
    );
    await turn(true);
    await turn(false);
    expect(opened.map(({ aborted }) => aborted)).toEqual([false]);
    for (const call of timers) call();
    await turn(false);
    expect(opened.map(({ aborted }) => aborted)).toEqual([true]);
    await turn(true);
    expect(opened.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect([shown, lost]).toEqual([[['n1'], ['n2']], []]);
    stop.abort();
    await following;
    expect([watching.size, timers.size]).toEqual([0, 0]);
  });
});
