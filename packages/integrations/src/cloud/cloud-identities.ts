import type { Clock } from '@kargo/kube';
import type { Http } from '../http/port.ts';
import type { Processes } from '../process/port.ts';
import { AcrTokens, type AcrOptions } from './acr-tokens.ts';
import { AwsIdentity, type AwsOptions } from './aws-identity.ts';
import { EcrTokens } from './ecr-tokens.ts';
import { GarTokens } from './gar-tokens.ts';
import { GitHubAppTokens } from './github-app.ts';
import { GoogleIdentity, type GoogleOptions } from './google-identity.ts';

/** What {@link CloudIdentities} stands on. */
export interface CloudIdentitiesOptions {
  http: Http;
  /** Reaches the metadata services of the machine, which nothing that users write may reach. */
  metadata: Http;
  clock: Clock;
  /** Where clouds tell processes who they are. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Runs the program that says who this machine is, where the installation names and allows one. */
  processes?: Processes | undefined;
  /** Shard of the controller, which sessions are named after. */
  shard?: string | undefined;
  /** Addresses of the services, for tests. */
  endpoints?: { aws?: AwsOptions['endpoints']; google?: GoogleOptions['endpoints']; azure?: AcrOptions['endpoints'] } | undefined;
}

/** The token services of clouds and code hosts, each asked as seldom as its tokens allow. */
export class CloudIdentities {
  readonly github: GitHubAppTokens;
  readonly ecr: EcrTokens;
  readonly gar: GarTokens;
  readonly acr: AcrTokens;

  constructor(options: CloudIdentitiesOptions) {
    const { http, metadata, clock, environment, shard, endpoints } = options;
    const common = { http, metadata, clock, environment };
    const sessionName = `kargo-controller${shard === undefined || shard === '' ? '' : `-${shard}`}`.slice(0, 64);
    const aws: AwsOptions = { ...common, sessionName, endpoints: endpoints?.aws };
    this.github = new GitHubAppTokens(common);
    const identity = new AwsIdentity(aws);
    this.ecr = new EcrTokens(aws, identity);
    this.gar = new GarTokens(
      common,
      new GoogleIdentity({ ...common, aws: identity, processes: options.processes, endpoints: endpoints?.google }),
    );
    this.acr = new AcrTokens({ ...common, endpoints: endpoints?.azure });
  }
}
