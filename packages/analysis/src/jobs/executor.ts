/** Where the Pods of Jobs run when there is no cluster. */

export interface ContainerToRun {
  name: string;
  image: string;
  /** Entry point and arguments; empty means what the image says. */
  command: readonly string[];
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  workingDir?: string | undefined;
  imagePullPolicy?: string | undefined;
}

/** One attempt of a Job: a Pod. */
export interface AttemptRequest {
  /** Unique and stable: names the container or the folder of the attempt. */
  id: string;
  /** One after the other; each must end with 0. */
  initContainers: readonly ContainerToRun[];
  /** All at once; the attempt succeeds when all end with 0. */
  containers: readonly ContainerToRun[];
  /** Milliseconds the attempt may take. */
  timeout: number;
  /** Values that must not be shown. */
  secrets: readonly string[];
  signal: AbortSignal;
  onOutput?: ((container: string, text: string) => void) | undefined;
}

/** `image`: the attempt never ran because its image could not be had; says nothing about what the Job checks. */
export type AttemptResult =
  | { kind: 'succeeded' }
  | { kind: 'failed'; container: string; exitCode: number | undefined; message: string }
  | { kind: 'image'; reason: 'ErrImagePull' | 'InvalidImageName'; message: string };

export interface JobExecutor {
  readonly name: string;
  /** Shown to people wherever a verdict rests on it, e.g. `image ignored: commands run on this machine`. Absent: full fidelity. */
  readonly caveat?: string | undefined;
  /** Runs an attempt to its end. Aborting stops it: SIGTERM, then SIGKILL. Rejects only when it was aborted or could not be run at all. */
  run(request: AttemptRequest): Promise<AttemptResult>;
}
