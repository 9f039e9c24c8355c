/** The contract between the engine and the steps. */
import type { FreightCollection, FreightReference, FreightRequest, HealthCheck, Json, StepStatus } from '@kargo/api';
import type {
  ArtifactRegistries,
  Computations,
  Credentials,
  Git,
  GitHubCommits,
  GitIdentity,
  Http,
  IntegrationPolicy,
  PullRequests,
  Renderer,
  Workspace,
} from '@kargo/integrations';
import type { Client, Clock, Log, Random } from '@kargo/kube';

/** What every step may use. Steps ask for no more than they declare. */
export interface StepPorts {
  clock: Clock;
  random: Random;
  git: Git;
  pullRequests: PullRequests;
  githubCommits: GitHubCommits;
  credentials: Credentials;
  registries: ArtifactRegistries;
  renderer: Renderer;
  http: Http;
  /** Reads and writes resources (Freight metadata, Applications, ConfigMaps …) with the controller's rights. */
  client: Client;
  /** Where large texts are worked on, so that nobody waits for that; absent: at once, in place. */
  computations?: Computations | undefined;
  /** The system user of this process: author of commits unless a step or the ClusterConfig names another one. */
  gitIdentity: GitIdentity;
  /** Namespace of the Secrets that the ClusterConfig names. Absent: the ClusterConfig does not decide who makes commits. */
  systemNamespace?: string | undefined;
  /** How pushes bring local commits together with new ones of the remote. Default AlwaysRebase. */
  gitIntegrationPolicy?: IntegrationPolicy | undefined;
  /** Of github-push: most commits of one push, default 10; and whether GitHub signs commits that nobody here has signed. */
  githubPush?: { maxRevisions?: number | undefined; verifyUntrusted?: boolean | undefined } | undefined;
  /** Namespace of Applications that name none. */
  argoCDNamespace: string;
  /** Bytes of an artifact that oci-push may copy to another repository; 0 forbids it, a negative number allows all. Default 1 GiB. */
  maxOCIPushArtifactSize?: number | undefined;
  /** Base URL of the UI, for links in what steps write; empty: none is known. */
  uiBaseURL?: string | undefined;
}

export interface StepContext<Config = Json> {
  config: Config;
  alias: string;
  project: string;
  stage: string;
  /** `actor` as annotations write it, e.g. `email:kim@example.com`; empty if nobody in particular asked for the promotion. */
  promotion: { name: string; uid: string; actor: string; rollback: boolean };
  freight: FreightCollection;
  targetFreight: FreightReference;
  freightRequests: readonly FreightRequest[];
  /** Outputs of earlier steps by alias, and of earlier attempts of this step under its own alias. A private copy. */
  outputs: Record<string, Json>;
  workspace: Workspace;
  /** Epoch milliseconds of the first attempt: the date of every effect that carries one, so that a repetition is the same. */
  startedAt: number;
  signal: AbortSignal;
  log: Log;
}

export interface StepResult {
  status: StepStatus;
  message?: string | undefined;
  output?: Record<string, Json> | undefined;
  healthCheck?: HealthCheck | undefined;
  /** With `Succeeded`: by repository URL, the commit whose deployment now decides about health. Noted on the Freight's commits of it. */
  healthCheckCommits?: Readonly<Record<string, string>> | undefined;
  /** With `Running`: what the step waits for, for people. */
  waitingFor?: string | undefined;
  /** With `Running`: milliseconds after which to look again if nothing woke the promotion before. */
  retryAfter?: number | undefined;
}

/** JSON Schema (2020-12) of a step's configuration: as much of it as the steps use. */
export interface ConfigSchema {
  title?: string;
  description?: string;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  properties?: Record<string, ConfigSchema>;
  required?: string[];
  additionalProperties?: boolean | ConfigSchema;
  items?: ConfigSchema;
  enum?: readonly Json[];
  const?: Json;
  default?: Json;
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  uniqueItems?: boolean;
  deprecated?: boolean;
  oneOf?: readonly ConfigSchema[];
  anyOf?: readonly ConfigSchema[];
  not?: ConfigSchema;
}

/** See {@link Step.workspace}. */
export type WorkspaceUse = 'writes' | 'reads' | 'none';

/** Outputs by name, each with what is known of its value. */
export type OutputSchemas = Readonly<Record<string, ConfigSchema>>;

/**
 * A step. `run` is called again after errors, while it reports Running, and after a crash in the middle of it; it must then find what
 * it has already done and do the rest. Throwing counts as an error of the step; a `TerminalStepError` is not retried.
 */
export interface Step<Config = Json> {
  name: string;
  /** JSON Schema of the configuration, checked after expressions were evaluated; strings in it keep text that looks like a number. */
  configSchema: ConfigSchema;
  /**
   * What the bare expressions of its configuration see: variables by name, each with its members. Absent: that depends on what is read.
   */
  bareVariables?: Readonly<Record<string, readonly string[]>>;
  /**
   * What it puts out when it has succeeded; absent: nothing. Where the configuration decides, a function of it as it is written, expressions
   * included, that gives nothing where that cannot be told.
   */
  outputs?: OutputSchemas | ((config: Json) => OutputSchemas | undefined);
  /** Milliseconds; default none. */
  defaultTimeout?: number;
  /** Default 1. */
  defaultErrorThreshold?: number;
  /**
   * What it has to do with the workspace. `writes`: its work is there, so it runs again when the workspace is lost. `reads`: its work is
   * elsewhere, in the world outside or in its output; once over it is never repeated, but until then it looks into the workspace. `none`:
   * as that, without the workspace. Default `writes`.
   */
  workspace?: WorkspaceUse;
  /** Whether the output is also the output of the task the step stands in. */
  propagatesTaskOutput?: boolean;
  run(context: StepContext<Config>, ports: StepPorts): Promise<StepResult>;
  /**
   * Called instead of `run` to bring the work of the step, which was over, into a new workspace after the old one was lost. Default: `run`.
   */
  rebuild?(context: StepContext<Config>, ports: StepPorts): Promise<StepResult>;
  /**
   * Called when the promotion was aborted after the step had put something out: takes back what would go on waiting for somebody outside.
   * `reason` is for people. Called again after a crash, so it must find what it has done already.
   */
  abandon?(context: StepContext<Config>, ports: StepPorts, reason: string): Promise<void>;
}

/** An error of a step that must not be retried. `status` is what the step ends as, `output` what it leaves behind nevertheless. */
export class TerminalStepError extends Error {
  override readonly name = 'TerminalStepError';
  readonly status: 'Failed' | 'Errored';
  /** What the step tells all the same. */
  readonly output: Record<string, Json> | undefined;

  constructor(
    message: string,
    options: { status?: 'Failed' | 'Errored'; output?: Record<string, Json> | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? 'Errored';
    this.output = options.output;
  }
}
