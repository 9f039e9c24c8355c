/** Where the Pods of Jobs run when there is no cluster. */
import type { VolumeToMount } from './pod/volumes.ts';

export interface ContainerToRun {
  name: string;
  image: string;
  /** Entry point and arguments; empty means what the image says. */
  command: readonly string[];
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  workingDir?: string | undefined;
  imagePullPolicy?: string | undefined;
  /** Numeric user, with group if both are set: `1000` or `1000:1000`. */
  user?: string | undefined;
  limits?: { cpu?: string | undefined; memory?: string | undefined } | undefined;
  mounts: readonly ContainerMount[];
}

export interface ContainerMount {
  /** Name of the volume. */
  volume: string;
  /** Absolute path in the container. */
  path: string;
  /** Path within the volume. */
  subPath?: string | undefined;
  readOnly: boolean;
}

/** One attempt of a Job: a Pod. */
export interface AttemptRequest {
  /** Unique and stable: names the container or the folder of the attempt. */
  id: string;
  /** One after the other; each must end with 0. */
  initContainers: readonly ContainerToRun[];
  /** All at once; the attempt succeeds when all end with 0. */
  containers: readonly ContainerToRun[];
  volumes: readonly VolumeToMount[];
  /** The Pod template as it stands in the Job, where the executor takes that. Containers and volumes are empty then. */
  template?: { namespace: string; labels: Readonly<Record<string, string>>; pod: unknown } | undefined;
  /** Milliseconds the attempt may take. */
  timeout: number;
  /** Milliseconds between SIGTERM and SIGKILL. */
  grace: number;
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
  /** Wants the Pod template instead of containers: what it refers to is not looked for here. */
  readonly takesTemplate?: boolean | undefined;
  /** Runs an attempt to its end. Aborting stops it: SIGTERM, then SIGKILL. Rejects only when it was aborted or could not be run at all. */
  run(request: AttemptRequest): Promise<AttemptResult>;
}
