/** What steps of promotions did and said, as a port. */

/** Names a Promotion by its UID: a later one of the same name has logs of its own. */
export interface StepLogOwner {
  /** Namespace of the Promotion. */
  project: string;
  /** UID of the Promotion. */
  promotion: string;
}

export interface StepLogKey extends StepLogOwner {
  /** Alias of the step. */
  step: string;
}

/** A piece of a log. Offsets count bytes from the first one that was ever written, whether or not that is still kept. */
export interface StepLogPiece {
  /** Offset of `text`; greater than the one asked for if what stood there is no longer kept. */
  from: number;
  /** Whole lines, each with its line break. */
  text: string;
  /** Offset at which to read on. */
  next: number;
}

export interface StepLogFacts {
  step: string;
  /** Offset of the first byte that is kept. */
  from: number;
  /** Offset behind the last byte. */
  next: number;
}

/**
 * Keeps what steps did and said: lines that begin with the time, at most a fixed number of bytes a step, of which the end survives. Texts must
 * be free of secrets already.
 */
export interface StepLogs {
  /** Adds a line for each line of `text`. Never fails and never waits: what cannot be kept is lost, oldest first. */
  append(key: StepLogKey, text: string): void;
  /** Everything from `from` (default 0) up to `limit` bytes (default 1 MiB). A log that does not exist is empty. */
  read(key: StepLogKey, options?: { from?: number | undefined; limit?: number | undefined }): Promise<StepLogPiece>;
  /**
   * As {@link StepLogs.read}, and then what is added, as it is added, until {@link StepLogs.end}, or the signal aborts. Only what this process adds is
   * seen as it comes. A reader that does not keep up reads on from the store, so nothing that is kept is missed.
   */
  follow(key: StepLogKey, options: { from?: number | undefined; signal: AbortSignal }): AsyncIterable<StepLogPiece>;
  /** Tells those who follow that a step, or every step of a Promotion, adds nothing more. Resolves when all that was added is stored. */
  end(key: StepLogOwner | StepLogKey): Promise<void>;
  /** The logs there are of a Promotion. */
  list(owner: StepLogOwner): Promise<StepLogFacts[]>;
  /** UIDs of the Promotions that have logs in a project. */
  owners(project: string): Promise<string[]>;
  /** Removes all logs of a Promotion; absent is fine. */
  remove(owner: StepLogOwner): Promise<void>;
}
