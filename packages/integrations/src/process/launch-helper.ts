/**
 * The program that starts other programs for a large process: forking a small process takes a few milliseconds, forking a large one ten
 * times that, during which it does nothing else. When the large process ends, in whatever way, all that was started for it ends too.
 */
import { launchHere, signalGroup, type Launched, type LaunchSpec } from './launch.ts';
import type { LaunchReport, LaunchRequest } from './launch-messages.ts';
import { messageOf, systemCode } from '../port-error.ts';

const running = new Map<number, Launched>();

function end(): void {
  for (const { pid } of running.values()) signalGroup(pid, 'SIGKILL');
  process.exit(0);
}

/** Output stops flowing until what was said before has been read. */
function tell(report: LaunchReport, launched?: Launched): void {
  if (!process.connected) return;
  const more = process.send?.(report, undefined, {}, () => launched?.flow(true));
  if (more === false) launched?.flow(false);
}

function start(id: number, spec: LaunchSpec): void {
  const launched = launchHere(spec, {
    output: (stream, chunk) => tell({ id, kind: 'output', stream, chunk }, running.get(id)),
    exit: () => tell({ id, kind: 'exit' }),
    close: (code, signal) => {
      running.delete(id);
      tell({ id, kind: 'close', code, signal });
    },
    failed: (error) => {
      running.delete(id);
      tell({ id, kind: 'failed', code: systemCode(error), message: messageOf(error) });
    },
    // Only of what is started through others.
    lost: () => undefined,
  });
  running.set(id, launched);
  if (launched.pid !== undefined) tell({ id, kind: 'started', pid: launched.pid });
}

process.on('message', (message) => {
  const request = message as LaunchRequest;
  if (request.kind === 'ping') return tell({ kind: 'pong' });
  if (request.kind === 'start') return start(request.id, request.spec);
  const launched = running.get(request.id);
  if (request.kind === 'signal') launched?.signal(request.signal);
  else launched?.cut();
});
// The large process is gone.
process.on('disconnect', end);
// Service managers and containers tell all processes of a service to stop; this one stops after the large one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
tell({ kind: 'ready' });
