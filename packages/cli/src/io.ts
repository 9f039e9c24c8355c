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
  /** Shows a page in the person's browser. Fails where there is none. */
  openBrowser(url: string): Promise<void>;
  /** Runs a program without a shell; `env` is added to this process' own. Gives what it printed. */
  run(command: { command: string; args: readonly string[]; env: Readonly<Record<string, string>> }): Promise<ProgramOutput>;
}

/** What a program that was run has left. */
export interface ProgramOutput {
  /** 1 for a program that was ended by a signal. */
  exitCode: number;
  stdout: string;
  stderr: string;
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
