import { fork, type ChildProcess } from 'node:child_process';
import type { Launch, LaunchEvents, Launched, LaunchSpec } from './launch.ts';
import { signalGroup } from './launch.ts';
import type { LaunchReport, LaunchRequest } from './launch-messages.ts';

/** A helper that ends this often before it was ready is given up. */
const MAX_FAILURES = 3;
/** Memory of the helper in MiB: it only passes on what programs write. */
const MEMORY = 64;

/** Milliseconds between two looks at whether the helper still answers. */
const PING = 2000;
/** So many looks in a row without an answer, and the helper is taken for dead. Its own work takes milliseconds. */
const PATIENCE = 5;

interface Helper {
  child: ChildProcess;
  ready: boolean;
  /** Looks since it last said anything. */
  silent: number;
  watch?: NodeJS.Timeout | undefined;
}

/** How long a helper may say nothing. */
export interface HelperLiveness {
  /** Milliseconds between two looks. Default 2,000. */
  ping?: number | undefined;
  /** Looks in a row without an answer. Default 5. */
  patience?: number | undefined;
}

interface Running {
  events: LaunchEvents;
  pid?: number | undefined;
}

/**
 * Starts programs through a small helper process, which is made when it is first of use: forking takes time in proportion to the memory of
 * the process that forks, and stops everything in it meanwhile. Until the helper is ready, and if there cannot be one, `otherwise` is used.
 *
 * A helper that hangs is noticed while something is under way: it is pinged, killed when it does not answer, and replaced; what it had started
 * is told to be lost.
 */
export function launchThroughHelper(otherwise: Launch, { ping = PING, patience = PATIENCE }: HelperLiveness = {}): Launch {
  const running = new Map<number, Running>();
  let helper: Helper | undefined;
  let failures = 0;
  let last = 0;

  /** What runs keeps this process from ending, the idle helper does not. */
  const hold = (child: ChildProcess): void => {
    if (running.size > 0) child.channel?.ref();
    else child.channel?.unref();
    if (helper?.child === child) watch(helper);
  };
  /** Looks at whether the helper answers, for as long as somebody depends on it. */
  const watch = (one: Helper): void => {
    if (running.size === 0) {
      clearInterval(one.watch);
      one.watch = undefined;
      return;
    }
    if (one.watch !== undefined) return;
    const ask = (): void =>
      void (one.child.connected && one.child.send({ kind: 'ping' } satisfies LaunchRequest, () => undefined));
    one.silent = 0;
    ask();
    // Counted in looks, not in time: a pause of this process itself, after which the answer has yet to be read, counts as one.
    one.watch = setInterval(() => {
      one.silent += 1;
      if (one.silent > patience) lose(one.child, 'no longer answered');
      else ask();
    }, ping);
    one.watch.unref();
  };
  const lose = (child: ChildProcess, why: string): void => {
    if (helper?.child !== child) return;
    if (!helper.ready) failures += 1;
    clearInterval(helper.watch);
    helper = undefined;
    // Works on what is stopped or busy as well; of what has ended there is nothing left.
    child.kill('SIGKILL');
    // Nobody else looks after what it had started.
    for (const [id, { events, pid }] of running) {
      running.delete(id);
      signalGroup(pid, 'SIGKILL');
      events.lost(why);
    }
  };
  const take = (child: ChildProcess, report: LaunchReport): void => {
    if (helper?.child === child) helper.silent = 0;
    if (report.kind === 'pong') return;
    if (report.kind === 'ready') {
      if (helper?.child === child) helper.ready = true;
      return;
    }
    const one = running.get(report.id);
    if (one === undefined) return;
    const { events } = one;
    if (report.kind === 'started') one.pid = report.pid;
    else if (report.kind === 'output')
      events.output(report.stream, Buffer.from(report.chunk.buffer, report.chunk.byteOffset, report.chunk.byteLength));
    else if (report.kind === 'exit') events.exit();
    else {
      running.delete(report.id);
      hold(child);
      if (report.kind === 'close') events.close(report.code, report.signal);
      else events.failed(Object.assign(new Error(report.message), { code: report.code }));
    }
  };
  const begin = (): void => {
    let child: ChildProcess;
    try {
      child = fork(new URL('launch-helper.ts', import.meta.url), {
        serialization: 'advanced',
        detached: true,
        env: {},
        execArgv: [`--max-old-space-size=${MEMORY}`, '--max-semi-space-size=1'],
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      });
    } catch {
      // There is not memory enough to fork, say. Why programs cannot be started is told of the next one that cannot.
      failures += 1;
      return;
    }
    helper = { child, ready: false, silent: 0 };
    child.unref();
    child.channel?.unref();
    child.on('message', (message) => take(child, message as LaunchReport));
    child.once('error', () => lose(child, 'has ended'));
    // Not as soon as it exits: what it told before that, such as the ids of processes, is read first.
    child.once('disconnect', () => lose(child, 'has ended'));
  };
  const through = (child: ChildProcess, spec: LaunchSpec, events: LaunchEvents): Launched => {
    const id = (last += 1);
    const tell = (request: LaunchRequest): void => {
      // If it cannot be told any more, its end is reported as well.
      if (child.connected) child.send(request, () => undefined);
    };
    running.set(id, { events });
    hold(child);
    tell({ id, kind: 'start', spec });
    return {
      signal: (signal) => tell({ id, kind: 'signal', signal }),
      cut: () => tell({ id, kind: 'cut' }),
      flow: () => undefined,
    };
  };

  return (spec, events) => {
    if (helper === undefined && failures < MAX_FAILURES) begin();
    return helper?.ready === true && helper.child.connected ? through(helper.child, spec, events) : otherwise(spec, events);
  };
}
