export interface ProcessRequest {
  /** Program name or path; never a shell. */
  command: string;
  args: readonly string[];
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  input?: string | Uint8Array | undefined;
  /** Milliseconds until the process group is stopped: SIGTERM, then SIGKILL after `grace`. */
  timeout: number;
  /** Milliseconds between SIGTERM and SIGKILL, here and when aborted. Default 10,000. */
  grace?: number | undefined;
  /** Bytes kept of stdout and of stderr each; what is beyond is dropped and `truncated` set. Default 10 MiB. */
  maxOutput?: number;
  signal?: AbortSignal | undefined;
  /** Values that must never be shown; replaced by `*****` in every error and log line. */
  secrets?: readonly string[] | undefined;
  /** Called with output as it comes, already redacted. */
  onOutput?: ((stream: 'stdout' | 'stderr', text: string) => void) | undefined;
}

export interface ProcessResult {
  /** 128 + signal number when a signal ended the program. */
  exitCode: number;
  /** Exactly what was written, secrets included: callers decide. */
  stdout: string;
  /** Redacted. */
  stderr: string;
  truncated: boolean;
  durationMs: number;
}

/** Child processes as a port. A non-zero exit is a result, not an error. */
export interface Processes {
  /** Fails with `ProcessError` when the program cannot be started, is lost, times out, or is aborted. */
  run(request: ProcessRequest): Promise<ProcessResult>;
}
