import { LogFiles, type LogPiece } from '@kargo/integrations';
import type { Clock, Log } from '@kargo/kube';
import { CompleteLines } from './complete-lines.ts';
import type { ContainerLogKey, JobLogKey, JobLogOwner, JobLogs } from './port.ts';

export interface FileJobLogsOptions {
  directory: string;
  clock: Clock;
  log: Log;
  /** Bytes kept for each container of each attempt. Default 5 MiB. */
  limit?: number | undefined;
}

const DEFAULT_LIMIT = 5 * 1024 * 1024;
const DROPPED = '… what was said before is no longer kept\n';
const NAME = /^(\d+)\.(.+)$/;

/** Job logs as files: `<namespace>/<owner>/<job>/<attempt>.<container>.<offset>.log`. */
export function fileJobLogs({ limit = DEFAULT_LIMIT, ...options }: FileJobLogsOptions): JobLogs {
  const files = new LogFiles({ ...options, limit, failure: 'output of a Job could not be kept' });
  const folderOf = ({ namespace, owner, ...rest }: JobLogOwner | JobLogKey): string[] =>
    'job' in rest ? [namespace, owner, rest.job] : [namespace, owner];
  const pathOf = (key: ContainerLogKey): string[] => [...folderOf(key), `${key.attempt}.${key.container}`];
  return {
    open(key) {
      const path = pathOf(key);
      const lines = new CompleteLines();
      const add = (text: string): void => {
        if (text !== '') files.append(path, text);
      };
      files.begin(path);
      return {
        write: (text) => add(lines.push(text)),
        close: async () => {
          add(lines.end());
          await files.end(path);
        },
      };
    },
    list: async (key) =>
      (await files.list(folderOf(key)))
        .flatMap(({ name }) => {
          const [, attempt, container] = NAME.exec(name) ?? [];
          return attempt === undefined || container === undefined ? [] : [{ attempt: Number(attempt), container }];
        })
        .toSorted((a, b) => a.attempt - b.attempt || (a.container < b.container ? -1 : 1)),
    async *read(key, { follow, signal }) {
      const path = pathOf(key);
      let next = 0;
      // What nobody adds to is read to its end.
      for await (const piece of follow && files.isOpen(path) ? files.follow(path, { signal }) : piecesOf(files, path, signal)) {
        if (piece.from > next) yield DROPPED;
        yield piece.text;
        next = piece.next;
      }
    },
    owners: (namespace) => files.names([namespace]),
    remove: (key) => files.remove(folderOf(key)),
  };
}

async function* piecesOf(files: LogFiles, path: string[], signal: AbortSignal): AsyncGenerator<LogPiece> {
  let from = 0;
  while (!signal.aborted) {
    const piece = await files.read(path, { from });
    if (piece.text === '') return;
    yield piece;
    from = piece.next;
  }
}
