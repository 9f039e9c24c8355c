/** What the containers of Jobs said, as a port. */

/** Names a Job: `owner` is whatever its logs live and go with, such as the UID of an AnalysisRun. */
export interface JobLogOwner {
  namespace: string;
  owner: string;
}

export interface JobLogKey extends JobLogOwner {
  job: string;
}

/** One container of one attempt of a Job. */
export interface ContainerLogKey extends JobLogKey {
  /** From 1. */
  attempt: number;
  container: string;
}

/** Takes the output of a container. Never fails and never blocks: what cannot be kept is lost, oldest first. */
export interface JobLogWriter {
  write(text: string): void;
  /** Ends the log. Resolves when everything that is kept is stored. */
  close(): Promise<void>;
}

/** Finds and reads logs of Jobs. */
export type JobLogReader = Pick<JobLogs, 'list' | 'read'>;

/**
 * Keeps the output of Jobs: line by line with the time, at most a fixed number of bytes for each container and attempt, of which the end
 * survives. Texts must be free of secrets already.
 */
export interface JobLogs {
  open(key: ContainerLogKey): JobLogWriter;
  /** The logs there are of a Job, by attempt and container. */
  list(key: JobLogKey): Promise<Pick<ContainerLogKey, 'attempt' | 'container'>[]>;
  /** The text in pieces. With `follow` it goes on until the container has ended. Nothing if there is no such log. */
  read(key: ContainerLogKey, options: { follow: boolean; signal: AbortSignal }): AsyncIterable<string>;
  /** Owners of logs in a namespace. */
  owners(namespace: string): Promise<string[]>;
  /** Removes the logs of a Job, or all of an owner. Absent is fine. */
  remove(key: JobLogOwner | JobLogKey): Promise<void>;
}
