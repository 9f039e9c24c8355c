/** Everything the command line touches outside its own process memory, so that it can run without a process. */
export interface CLIIO {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  /** Read only where a command is told to (`-f -`, `--password-stdin`). */
  stdin: AsyncIterable<Uint8Array | string>;
  env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of manifests start here. */
  cwd: string;
  fetch: CLIFetch;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts. */
  sleep(ms: number, options?: { signal?: AbortSignal }): Promise<void>;
  /** Whether a person sits at the terminal and can be asked. */
  isTTY: boolean;
  /** Asks without echo. Fails where there is no terminal. */
  promptSecret(question: string): Promise<string>;
}

export interface CLIRequest {
  method: string;
  headers: Record<string, string>;
  body?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Accept any certificate of the server. */
  insecure?: boolean | undefined;
}

/** As the platform's `fetch`, with the choice of not verifying certificates. */
export type CLIFetch = (url: string, request: CLIRequest) => Promise<Response>;
