import type { ApiClient } from '../client/api-client.ts';
import { readyCondition, textAt } from '../client/objects.ts';
import { watchUntil } from '../client/watch-until.ts';
import { CLIError } from '../cli-error.ts';
import type { OutputOptions } from '../flags.ts';
import type { CLIIO } from '../io.ts';
import { printDone } from '../output/print-objects.ts';

const REFRESH = 'kargo.akuity.io/refresh';

export interface RefreshObject {
  kind: string;
  /** How the object is named in the line that is printed. */
  label: string;
  path: readonly string[];
  wait: boolean;
  timeoutMs: number | undefined;
  options: OutputOptions;
}

/** Asks for a refresh and, with `wait`, waits until the controller has handled this request or a later one. */
export async function refreshObject(
  io: CLIIO,
  api: ApiClient,
  { kind, label, path, wait, timeoutMs, options }: RefreshObject,
): Promise<void> {
  await api.call('POST', [...path, 'refresh'], { operation: `refresh ${kind.toLowerCase()}` });
  if (wait) {
    let token: string | undefined;
    await watchUntil(api, {
      io,
      path,
      what: `the refresh of ${kind} '${label}' to be handled`,
      timeoutMs,
      describe: (object) => textAt(readyCondition(object), 'message'),
      done: (object) => {
        token ??= object.metadata.annotations?.[REFRESH];
        if (token === undefined) throw new CLIError('Wait', `${kind} '${label}' has no ${REFRESH} annotation to wait for`);
        return textAt(object, 'status', 'lastHandledRefresh') >= token;
      },
    });
  }
  await printDone(io, options, `${kind} '${label}' refreshed\n`, () => api.call('GET', path));
}
