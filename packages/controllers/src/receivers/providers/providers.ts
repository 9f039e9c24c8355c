import type { ReceiverType } from '@kargo/api';
import type { Provider } from '../delivery.ts';
import { artifactory } from './artifactory.ts';
import { azure } from './azure.ts';
import { bitbucket } from './bitbucket.ts';
import { dockerhub } from './dockerhub.ts';
import { gitea } from './gitea.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { harbor } from './harbor.ts';
import { quay } from './quay.ts';

/** How deliveries of each sender are read. What generic receivers do is in their configuration. */
export const providers: Readonly<Record<Exclude<ReceiverType, 'generic'>, Provider>> = {
  artifactory,
  azure,
  bitbucket,
  dockerhub,
  gitea,
  github,
  gitlab,
  harbor,
  quay,
};
