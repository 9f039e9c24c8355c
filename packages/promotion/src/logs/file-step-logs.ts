import { LogFiles } from '@kargo/integrations';
import type { Clock, Log } from '@kargo/kube';
import type { StepLogKey, StepLogOwner, StepLogs } from './port.ts';

export interface FileStepLogsOptions {
  directory: string;
  clock: Clock;
  log: Log;
  /** Bytes kept for each step. Default 1 MiB. */
  limit?: number | undefined;
}

const DEFAULT_LIMIT = 1024 * 1024;

/** Step logs as files, `<project>/<promotion>/<step>.<offset>.log`. Several processes may read; one writes. */
export function fileStepLogs({ limit = DEFAULT_LIMIT, ...options }: FileStepLogsOptions): StepLogs {
  const files = new LogFiles({ ...options, limit, failure: 'the log of a step could not be kept' });
  const pathOf = ({ project, promotion, ...rest }: StepLogOwner | StepLogKey): string[] =>
    'step' in rest ? [project, promotion, rest.step] : [project, promotion];
  return {
    append: (key, text) => files.append(pathOf(key), text),
    read: (key, { from = 0, limit: piece } = {}) =>
      files.read(pathOf(key), { from, ...(piece === undefined ? {} : { limit: piece }) }),
    follow: (key, { from = 0, signal }) => files.follow(pathOf(key), { from, signal }),
    end: (key) => files.end(pathOf(key)),
    list: async ({ project, promotion }) =>
      (await files.list([project, promotion])).map(({ name, ...facts }) => ({ step: name, ...facts })),
    owners: (project) => files.names([project]),
    remove: ({ project, promotion }) => files.remove([project, promotion]),
  };
}
